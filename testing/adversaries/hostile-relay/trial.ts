import type { TestServer } from "../../services/server.ts";
import { until } from "../../until.ts";
import type { Adversary } from "./adversary.ts";
import { Peer } from "./peers.ts";
import type { Recording } from "./recording.ts";
import { type HostileRelay, startHostileRelay } from "./relay.ts";

/** Two people who try to meet in a room of their own, with this adversary on their cable and no other. */
export class Trial implements AsyncDisposable {
  readonly relay: HostileRelay;
  readonly initiator: Peer;
  readonly responder: Peer;

  private constructor(relay: HostileRelay, initiator: Peer, responder: Peer) {
    this.relay = relay;
    this.initiator = initiator;
    this.responder = responder;
  }

  /** @param seated - called between the two: while the room waits, its maker still has the link */
  static async begin(
    server: TestServer,
    adversary: Adversary = {},
    seated: (initiator: Peer) => void = () => undefined,
  ): Promise<Trial> {
    const relay = await startHostileRelay(server.origin);
    relay.setAdversary(adversary);
    const initiator = await Peer.create(relay.url);
    // A creator who is not seated yet would meet the other's first message without a seat to hear it from.
    await until("the creator to be seated", () => initiator.session.fileSizeLimit > 0 || initiator.isOver);
    seated(initiator);
    const responder = await Peer.join(relay.url, initiator);
    return new Trial(relay, initiator, responder);
  }

  /** Two who have met, for what an adversary does to them afterwards. */
  static async met(server: TestServer): Promise<Trial> {
    const trial = await Trial.begin(server);
    await Promise.all(trial.both.map((peer) => peer.reaches("secure", 40_000)));
    return trial;
  }

  get both(): readonly [Peer, Peer] {
    return [this.initiator, this.responder];
  }

  get recording(): Recording {
    return this.relay.recording;
  }

  /** One side has noticed; that alone keeps the other from becoming secure, for want of a HELLO. */
  noticed(ms: number): Promise<boolean> {
    return until("one side to notice", () => this.both.some(({ failures }) => failures.length > 0), ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.both) peer[Symbol.dispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}
