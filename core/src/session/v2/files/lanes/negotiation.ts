import type { Bytes } from "../../../../brand.ts";
import type { Channel } from "../../../../crypto/binding.ts";
import { randomBytes, wipe } from "../../../../crypto/bytes.ts";
import { KEY_BYTES } from "../../../../crypto/keys.ts";
import { NullroomError } from "../../../../errors.ts";
import { after } from "../../../../lifetime.ts";
import { formatFileFrame } from "../../../../wire/file-frames.ts";
import type { LaneFrame } from "../../../../wire/frames.ts";
import {
  FIRST_LANE,
  formatChannels,
  formatDescriptions,
  formatOffer,
  MAX_LANES,
  parseChannels,
  parseDescriptions,
  parseOffer,
} from "../../../../wire/lane-frames.ts";
import type { FilesContext, LiveConnection } from "../file-options.ts";
import { LaneConnection } from "./connection.ts";
import { LaneSet } from "./set.ts";

/** What lanes are made with. */
export type LaneContext = Pick<FilesContext, "engine" | "platform" | "onFailure">;

/** From LANE_OFFER to LANES. */
const OPENING_MS = 15_000;
/** A lane that closes while ctl is open has ended alone, unless ctl follows within this: a goodbye closes all of them. */
const LANE_ALONE_MS = 1_000;

/** How far the two are. `done`: LANES has been said or heard. */
type Step = "new" | "offered" | "answered" | "done";

/** Makes the lanes of one connection, once: they are described, connected and named. spec/3-session.md §6. */
export class LaneNegotiation {
  readonly #options: LiveConnection & LaneContext;
  readonly #lanes: LaneSet<LaneConnection>;
  #step: Step = "new";
  #hasAnswer = false;
  readonly #up = new Set<Channel>();
  readonly #down = new Set<Channel>();
  #cancelDeadline: () => void = () => undefined;

  constructor(options: LiveConnection & LaneContext) {
    this.#options = options;
    const { engine, secured, rekey, onFailure } = options;
    const { channels, role } = secured;
    this.#lanes = new LaneSet({
      ...{ engine, channels, role, epoch: rekey.epoch, onFailure },
      onLost: (channel) => this.#lost(channel),
    });
  }

  /** The initiator's: make lanes, and offer them. False where that cannot be now, because an epoch is just ending. */
  offer(): boolean {
    const { rekey, secured } = this.#options;
    try {
      rekey.hold();
    } catch {
      return false; // because an epoch that is ending will have ended soon
    }
    this.#step = "offered";
    const channels = Array.from({ length: MAX_LANES }, (_, at) => FIRST_LANE + at);
    const seed = randomBytes(KEY_BYTES);
    const said = seed.slice();
    this.#describe(seed, channels, (connection) => connection.offer()).then(
      (sdps) => {
        this.#send({ type: "lane_offer", bytes: formatOffer(said, sdps) });
        wipe(said);
        this.#cancelDeadline = after(OPENING_MS, secured.signal, () => this.#settle());
      },
      () => {
        wipe(said);
        this.#conclude([]); // because without descriptions there is nothing to offer, and bulk goes on
      },
    );
    return true;
  }

  /** @throws whatever ends the session: what does not fit here is no relay's work */
  hearFrame(frame: LaneFrame): void {
    switch (frame.type) {
      case "lane_offer":
        this.#offered(parseOffer(frame.bytes));
        break;
      case "lane_answer":
        this.#answered(parseDescriptions(frame.bytes));
        break;
      case "lanes":
        this.#named(parseChannels(frame.bytes));
        break;
      default:
        frame.type satisfies never;
    }
  }

  #offered({ seed, sdps: offers }: ReturnType<typeof parseOffer>): void {
    const { secured, rekey, onFailure } = this.#options;
    if (secured.role === 0 || this.#step !== "new" || offers.length === 0) throw outOfPlace();
    rekey.hold();
    this.#step = "offered";
    const channels = offers.map((_, at) => FIRST_LANE + at);
    this.#describe(seed, channels, (connection, at) => connection.answer(offers[at] ?? ""))
      .catch((thrown) => this.#none(thrown))
      .then((sdps) => {
        if (this.#step !== "offered") return; // It took too long.
        this.#step = "answered";
        this.#send({ type: "lane_answer", bytes: formatDescriptions(sdps) });
      })
      .catch(onFailure);
  }

  /** Where this runtime makes no such connections, there are no lanes. @throws what the other side is to blame for */
  #none(thrown: unknown): string[] {
    if (!(thrown instanceof NullroomError) || thrown.code !== "E_CHANNEL") throw thrown;
    this.#lanes.close();
    return [];
  }

  #answered(answers: readonly string[]): void {
    const { role } = this.#options.secured;
    if (role === 1 || this.#step === "new" || this.#hasAnswer) throw outOfPlace();
    this.#hasAnswer = true;
    if (this.#step === "done") return; // It took too long.
    if (answers.length === 0) this.#settle();
    else if (answers.length !== this.#lanes.numbers.length) throw outOfPlace();
    for (const [at, answer] of answers.entries()) {
      const channel = FIRST_LANE + at;
      const connection = this.#lanes.connectionOf(channel);
      connection?.accept(answer);
      void connection?.up.then(() => this.#connected(channel));
    }
  }

  #connected(channel: Channel): void {
    this.#up.add(channel);
    if (this.#up.size === this.#lanes.numbers.length) this.#settle();
  }

  /** The initiator's: name those that are connected by now. */
  #settle(): void {
    if (this.#step === "done") return;
    const open = this.#lanes.numbers.filter((channel) => this.#up.has(channel) && !this.#down.has(channel));
    this.#send({ type: "lanes", bytes: formatChannels(open) });
    this.#conclude(open);
  }

  #named(named: readonly Channel[]): void {
    const { numbers } = this.#lanes;
    const isAnswered = this.#step === "answered";
    const isFit = named.length === 0 || (isAnswered && named.every((channel) => numbers.includes(channel)));
    if (this.#options.secured.role === 0 || this.#step === "done" || !isFit) throw outOfPlace();
    this.#conclude(named);
    for (const channel of named) if (this.#down.has(channel)) this.#lost(channel);
  }

  #conclude(open: readonly Channel[]): void {
    const { secured, rekey } = this.#options;
    this.#cancelDeadline();
    this.#step = "done";
    this.#lanes.use(open);
    if (open.length > 0) secured.recovery.setCanRestart(false);
    rekey.release();
  }

  /** Before LANES a lane that is lost is just not there; afterwards it takes the connection with it. */
  #lost(channel: Channel): void {
    this.#down.add(channel);
    const { secured } = this.#options;
    if (this.#step !== "done" || !this.#lanes.numbers.includes(channel)) return;
    after(LANE_ALONE_MS, secured.signal, () => secured.recovery.handle({ type: "dead" }));
  }

  async #describe(
    seed: Bytes,
    channels: readonly Channel[],
    describe: (connection: LaneConnection, at: number) => Promise<string>,
  ): Promise<string[]> {
    try {
      const connections = channels.map((channel) => this.#make(channel));
      await this.#lanes.setKeys(seed);
      return await Promise.all(connections.map(describe));
    } finally {
      wipe(seed);
    }
  }

  /** @throws "E_CHANNEL" where the transport has nothing to make lanes with */
  #make(channel: Channel): LaneConnection {
    const { platform, secured, onFailure } = this.#options;
    const { transport, role, signal } = secured;
    const basis = transport.lanes;
    if (basis === undefined) throw new NullroomError("E_CHANNEL", "a transport without lanes");
    const { fpI, fpR } = basis.fingerprints;
    const connection = new LaneConnection({
      ...{ platform, configuration: basis.configuration, signal, onFailure },
      fingerprints: role === 0 ? { own: fpI, peer: fpR } : { own: fpR, peer: fpI },
      onLost: () => this.#lost(channel),
    });
    this.#lanes.add(channel, connection);
    return connection;
  }

  #send(frame: LaneFrame): void {
    const { channels } = this.#options.secured;
    // because channels that cannot carry it have ended, and report that themselves
    const sent = channels.send(formatFileFrame(frame)).catch(() => undefined);
    void sent.then(() => wipe(frame.bytes)); // The seed is in one of them.
  }
}

function outOfPlace(): NullroomError {
  return new NullroomError("E_RECORD_TYPE", "lanes out of place");
}
