import type { ErrorCode } from "../errors.ts";
import type { ChosenDestination } from "../files/sink.ts";
import type { Session, Transfer, TransferId, TransferStatus } from "../session/session.ts";
import { createRoom2 } from "../session/v2/create-join.ts";
import type { CtlFrame } from "../wire/frames.ts";
import { FakeRooms } from "./fake-rooms.ts";
import { HostilePeer } from "./hostile-peer.ts";
import { plainDestination } from "./plain-destination.ts";

/** Asks again until there is an answer. */
type Until = <T>(what: string, ask: () => T | undefined | false) => Promise<T>;

/** An honest session, made the usual way, alone with somebody who is not. */
export class HostileRendezvous implements Disposable {
  readonly rooms = new FakeRooms();
  /** The newest snapshot of each file, and how many there were of all. */
  readonly transfers = new Map<TransferId, Transfer>();
  reports = 0;
  readonly #until: Until;
  readonly #lifetime = new AbortController();
  #session: Session | undefined;
  #peer: HostilePeer | undefined;

  /** @param prepare - what is to be so before anybody comes in */
  static async begin(until: Until, prepare?: (rooms: FakeRooms) => void): Promise<HostileRendezvous> {
    const rendezvous = new HostileRendezvous(until);
    prepare?.(rendezvous.rooms);
    await rendezvous.#begin();
    return rendezvous;
  }

  private constructor(until: Until) {
    this.#until = until;
  }

  get session(): Session {
    return present(this.#session);
  }

  get peer(): HostilePeer {
    return present(this.#peer);
  }

  /** How the session has failed, or that it has not. */
  get failure(): ErrorCode | "open" | "over" {
    const { state } = this.session;
    if (state.phase !== "ended") return "open";
    return state.reason.type === "failed" ? state.reason.code : "over";
  }

  /** Resolves when the session has ended. */
  async end(): Promise<ErrorCode | "open" | "over"> {
    await this.#until("the end", () => this.session.state.phase === "ended");
    return this.failure;
  }

  becomes(id: TransferId, status: TransferStatus): Promise<Transfer> {
    return this.#until(`${id} to be ${status}`, () => {
      const transfer = this.transfers.get(id);
      return transfer?.status === status && transfer;
    });
  }

  /** Everything that the hostile side has said so far has been taken in, and the session is none the worse. */
  async goesOn(): Promise<void> {
    const { peer } = this;
    const before = peer.said("pong").length;
    await peer.say({ type: "ping", token: new Uint8Array(8) });
    await this.#until("an answer", () => this.failure !== "open" || peer.said("pong").length > before);
    if (this.failure !== "open") throw new Error(`the session has ended: ${this.failure}`);
  }

  /** The hostile side's next file, offered and accepted. */
  async accepted(
    offer: { fileId: number; size: number; name?: string },
    place: ChosenDestination = plainDestination(),
  ): Promise<Extract<CtlFrame, { type: "accept" | "credit" }>> {
    const { fileId } = offer;
    await this.peer.say({ type: "file_offer", name: "a", mime: "text/plain", ...offer });
    await this.becomes(`in-${fileId}`, "offered");
    this.session.files.accept(`in-${fileId}`, place);
    return this.#until("the answer", () => this.peer.said("accept").find((each) => each.fileId === fileId));
  }

  [Symbol.dispose](): void {
    this.#session?.wipe({ type: "page-gone" });
    this.#peer?.[Symbol.dispose]();
    this.#lifetime.abort();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#lifetime;
    const session = await createRoom2({ platform: this.rooms.platform(), hideAddress: false, signal });
    this.#session = session;
    session.subscribe((event) => {
      if (event.type !== "transfer") return;
      this.reports += 1;
      this.transfers.set(event.transfer.id, event.transfer);
    }, signal);
    this.#peer = await HostilePeer.join(this.rooms.platform(), session.roomId, session.fragment ?? "");
    await this.#until("the session", () => session.state.phase === "secure");
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("nobody has met yet");
  return value;
}
