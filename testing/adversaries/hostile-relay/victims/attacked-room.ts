import type { TestServer } from "../../../services/server.ts";
import { until } from "../../../until.ts";
import type { Adversary } from "../adversary.ts";
import type { Recording } from "../recording.ts";
import { type HostileRelay, startHostileRelay } from "../relay.ts";
import { Peer } from "./peer.ts";

/** A room of two sessions of ours whose cables pass through a hostile relay of their own. */
export class AttackedRoom implements AsyncDisposable {
  readonly relay: HostileRelay;
  readonly initiator: Peer;
  readonly responder: Peer;

  private constructor(relay: HostileRelay, initiator: Peer, responder: Peer) {
    this.relay = relay;
    this.initiator = initiator;
    this.responder = responder;
  }

  /**
   * Let two sessions try to connect.
   *
   * @param seated - called before the second joins: as long as the room waits, its creator still holds the link's secret
   */
  static async open(
    server: TestServer,
    adversary: Adversary = {},
    seated: (initiator: Peer) => void = () => undefined,
  ): Promise<AttackedRoom> {
    const relay = await startHostileRelay(server.origin);
    relay.setAdversary(adversary);
    const initiator = await Peer.create(relay.url);
    // A creator without a seat would miss the other's first message.
    await until("the creator to be seated", () => initiator.session.fileSizeLimit > 0 || initiator.isOver);
    seated(initiator);
    const responder = await Peer.join(relay.url, initiator);
    return new AttackedRoom(relay, initiator, responder);
  }

  /** Open a room without an adversary and wait until both sides are secure. */
  static async openSecure(server: TestServer): Promise<AttackedRoom> {
    const room = await AttackedRoom.open(server);
    await Promise.all(room.both.map((peer) => peer.reaches("secure", 40_000)));
    return room;
  }

  get both(): readonly [Peer, Peer] {
    return [this.initiator, this.responder];
  }

  get recording(): Recording {
    return this.relay.recording;
  }

  /** Wait until one side has failed. That alone keeps the other from becoming secure, since it gets no HELLO. */
  oneNotices(ms: number): Promise<boolean> {
    return until("one side to notice", () => this.both.some(({ failures }) => failures.length > 0), ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.both) peer[Symbol.dispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}
