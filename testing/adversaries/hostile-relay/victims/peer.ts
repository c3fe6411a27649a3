import { createRoom, joinRoom, type Session, type SessionEvent } from "@nullroom/core/session";
import { nodePlatform } from "../../../peers/node-platform.ts";
import { until } from "../../../until.ts";
import { Tap } from "./tap.ts";

/** One side of a protocol 2 room, over Node's WebRTC, with every event that its page would have been given. */
export class Peer implements Disposable {
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  readonly tap: Tap;

  private constructor(session: Session, tap: Tap) {
    this.session = session;
    this.tap = tap;
    session.subscribe((event) => this.events.push(event), new AbortController().signal);
  }

  static async create(url: string): Promise<Peer> {
    const tap = new Tap(nodePlatform(url));
    return new Peer(await createRoom({ platform: tap.platform, hideAddress: false, protocol: "2" }), tap);
  }

  static async join(url: string, { session }: Peer): Promise<Peer> {
    const { roomId, fragment = "" } = session;
    const tap = new Tap(nodePlatform(url));
    return new Peer(await joinRoom({ platform: tap.platform, hideAddress: false, roomId, fragment }), tap);
  }

  get phase(): Session["state"]["phase"] {
    return this.session.state.phase;
  }

  /** Whether this side has been secure at any time, however briefly. */
  get wasSecure(): boolean {
    return this.events.some((event) => event.type === "state" && "words" in event.state);
  }

  /** The safety words. Undefined before the handshake has brought them about. */
  get words(): readonly number[] | undefined {
    const { state } = this.session;
    return "words" in state ? state.words?.words : undefined;
  }

  /** Why attempts or the session failed, in the order in which it happened. */
  get failures(): readonly string[] {
    return this.events.flatMap((event) => {
      if (event.type !== "state") return [];
      if (event.state.phase === "connecting" && event.state.failed !== undefined)
        return [event.state.failed.code];
      return event.state.phase === "ended" ? [reasonOf(event.state.reason)] : [];
    });
  }

  /** Whether the running attempt has failed or the session has ended, so that nothing goes on by itself. */
  get isOver(): boolean {
    const { state } = this.session;
    return state.phase === "ended" || (state.phase === "connecting" && state.failed !== undefined);
  }

  /** Texts and files that a page would have shown. */
  get shown(): readonly SessionEvent[] {
    return this.events.filter(({ type }) => type === "message" || type === "transfer");
  }

  get texts(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === "message" && event.from === "peer" ? [event.text] : [],
    );
  }

  async reaches(phase: Session["state"]["phase"], ms?: number): Promise<void> {
    await until(phase, () => this.phase === phase, ms).catch((cause: Error) => {
      const { state } = this.session;
      throw new Error(
        `${cause.message}: it is ${JSON.stringify(state)} after ${this.failures.join() || "no failure"}`,
      );
    });
  }

  hears(text: string, ms?: number): Promise<boolean> {
    return until(`“${text}”`, () => this.texts.includes(text), ms);
  }

  [Symbol.dispose](): void {
    this.session.wipe({ type: "page-gone" });
  }
}

function reasonOf(reason: Extract<Session["state"], { phase: "ended" }>["reason"]): string {
  return reason.type === "failed" ? reason.code : reason.type;
}
