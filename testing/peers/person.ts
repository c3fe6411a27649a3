import { createRoom, joinRoom, type Session, type SessionEvent, type Transfer } from "@nullroom/core/session";
import { parseRoomId } from "@nullroom/core/wire/ids";
import { until } from "../until.ts";
import { nodePlatform } from "./node-platform.ts";

/** A classic session in this process, over Node's WebRTC, with all events that it has emitted. */
export class Person implements Disposable {
  readonly events: SessionEvent[] = [];
  readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
    session.subscribe((event) => this.events.push(event), new AbortController().signal);
  }

  static async create(url: string, { hideAddress = false }: { hideAddress?: boolean } = {}): Promise<Person> {
    return new Person(await createRoom({ platform: nodePlatform(url), hideAddress, protocol: "classic" }));
  }

  /** Join the room that `other` waits in, by its link unless another fragment is given. */
  static join(url: string, other: Session, fragment = other.fragment ?? ""): Promise<Person> {
    return Person.joinLink(url, { roomId: other.roomId, fragment });
  }

  static async joinLink(url: string, link: { roomId: string; fragment: string }): Promise<Person> {
    const { fragment } = link;
    const roomId = parseRoomId(link.roomId);
    return new Person(await joinRoom({ platform: nodePlatform(url), hideAddress: false, roomId, fragment }));
  }

  /** Two sessions that are secure with each other. */
  static async pair(url: string): Promise<[Person, Person]> {
    const a = await Person.create(url);
    await until("A to be seated", () => a.session.fileSizeLimit > 0);
    const b = await Person.join(url, a.session);
    await Promise.all([a.reaches("secure"), b.reaches("secure")]);
    return [a, b];
  }

  get phase(): Session["state"]["phase"] {
    return this.session.state.phase;
  }

  /** What the other side has written. */
  get texts(): string[] {
    return this.events.flatMap((event) =>
      event.type === "message" && event.from === "peer" ? [event.text] : [],
    );
  }

  get transfers(): Transfer[] {
    return this.events.flatMap((event) => (event.type === "transfer" ? [event.transfer] : []));
  }

  reaches(phase: Session["state"]["phase"], ms?: number): Promise<boolean> {
    return until(`${phase}, from ${this.phase}`, () => this.phase === phase, ms);
  }

  /** The first transfer, once it has come to `status`. */
  transferIs(status: Transfer["status"]): Promise<Transfer> {
    return until(`a file ${status}`, () => this.transfers.find((transfer) => transfer.status === status));
  }

  [Symbol.dispose](): void {
    this.session.wipe({ type: "page-gone" });
  }
}
