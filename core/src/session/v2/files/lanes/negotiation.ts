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
import type { Connection } from "../../connect/secured.ts";
import type { FilesContext } from "../file-options.ts";
import { LaneConnection } from "./connection.ts";
import { LaneSet } from "./set.ts";

/** What lanes are made with. */
export type LaneContext = Pick<FilesContext, "engine" | "platform" | "onFailure">;

/** Beside bulk; more make no link faster that was measured, and each costs a relay. docs/decisions/0061. */
const LANES = MAX_LANES;
/** From LANE_OFFER to LANES. */
const OPENING_MS = 15_000;
/** A lane that closes while ctl is open has ended for itself, unless ctl follows: a goodbye closes all of them. */
const LANE_ALONE_MS = 1_000;

/** How far the two are. `done`: LANES is said or heard. */
type Step = "new" | "offered" | "answered" | "done";

/** Lanes for one connection, once: described, connected, named. spec/3-session.md §6. */
export class LaneNegotiation {
  readonly #options: Connection & LaneContext;
  readonly #lanes: LaneSet<LaneConnection>;
  #step: Step = "new";
  #hasAnswer = false;
  readonly #up = new Set<Channel>();
  readonly #down = new Set<Channel>();
  #cancelDeadline: () => void = () => undefined;

  constructor(options: Connection & LaneContext) {
    this.#options = options;
    const { engine, secured, rekey, onFailure } = options;
    const { channels: line, role } = secured.transport;
    this.#lanes = new LaneSet({
      ...{ engine: engine, role, epoch: rekey.epoch },
      onCounted: () => line.onCounted(),
      onMarker: (channel) => void rekey.hearFrame({ type: "epoch", channel }).catch(onFailure),
      onLost: (channel) => this.#lost(channel),
      onFailure,
    });
  }

  /** I's: make them, and offer them to the other side. False where an epoch is just ending: not now. */
  offer(): boolean {
    const { rekey, secured } = this.#options;
    try {
      rekey.turn("hold");
    } catch {
      return false; // because an epoch that is ending will have ended soon
    }
    this.#step = "offered";
    const channels = Array.from({ length: LANES }, (_, at) => FIRST_LANE + at);
    const seed = randomBytes(KEY_BYTES);
    const said = seed.slice();
    this.#describe(seed, channels, (link) => link.offer()).then(
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
    if (secured.transport.role === 0 || this.#step !== "new" || offers.length === 0) throw outOfPlace();
    rekey.turn("hold");
    this.#step = "offered";
    const channels = offers.map((_, at) => FIRST_LANE + at);
    this.#describe(seed, channels, (link, at) => link.answer(offers[at] ?? ""))
      .catch((thrown) => this.#none(thrown))
      .then((sdps) => {
        if (this.#step !== "offered") return; // It took too long.
        this.#step = "answered";
        this.#send({ type: "lane_answer", bytes: formatDescriptions(sdps) });
      })
      .catch(onFailure);
  }

  /** This runtime makes no such connections: then there are no lanes. @throws what the other side is to blame for */
  #none(thrown: unknown): string[] {
    if (!(thrown instanceof NullroomError) || thrown.code !== "E_CHANNEL") throw thrown;
    this.#lanes.forget();
    return [];
  }

  #answered(answers: readonly string[]): void {
    const { role } = this.#options.secured.transport;
    if (role === 1 || this.#step === "new" || this.#hasAnswer) throw outOfPlace();
    this.#hasAnswer = true;
    if (this.#step === "done") return; // It took too long.
    const { channels } = this.#lanes;
    if (answers.length === 0) this.#settle();
    else if (answers.length !== channels.length) throw outOfPlace();
    for (const [at, answer] of answers.entries()) {
      const channel = FIRST_LANE + at;
      const link = this.#lanes.connectionOf(channel);
      link?.accept(answer);
      void link?.up.then(() => this.#connected(channel));
    }
  }

  #connected(channel: Channel): void {
    this.#up.add(channel);
    if (this.#up.size === this.#lanes.channels.length) this.#settle();
  }

  /** I's: enough waited. */
  #settle(): void {
    if (this.#step === "done") return;
    const open = this.#lanes.channels.filter((channel) => this.#up.has(channel) && !this.#down.has(channel));
    this.#send({ type: "lanes", bytes: formatChannels(open) });
    this.#conclude(open);
  }

  #named(named: readonly Channel[]): void {
    const { channels } = this.#lanes;
    const isAnswered = this.#step === "answered";
    const isFit = named.length === 0 || (isAnswered && named.every((channel) => channels.includes(channel)));
    if (this.#options.secured.transport.role === 0 || this.#step === "done" || !isFit) throw outOfPlace();
    this.#conclude(named);
    for (const channel of named) if (this.#down.has(channel)) this.#lost(channel);
  }

  #conclude(open: readonly Channel[]): void {
    const { secured, rekey } = this.#options;
    this.#cancelDeadline();
    this.#step = "done";
    this.#lanes.keep(open);
    if (open.length > 0) secured.lanes?.setCanRestart(false);
    rekey.turn("release");
  }

  /** Before LANES it is just not there; afterwards it takes the connection with it. */
  #lost(channel: Channel): void {
    this.#down.add(channel);
    const { secured } = this.#options;
    if (this.#step !== "done" || !this.#lanes.channels.includes(channel)) return;
    after(LANE_ALONE_MS, secured.signal, () => secured.lanes?.handle({ type: "dead" }));
  }

  async #describe(
    seed: Bytes,
    channels: readonly Channel[],
    describe: (link: LaneConnection, at: number) => Promise<string>,
  ): Promise<string[]> {
    const links = channels.map((channel) => this.#make(channel));
    this.#options.secured.transport.channels.lanes = this.#lanes;
    await this.#lanes.arm(seed);
    return Promise.all(links.map(describe));
  }

  #make(channel: Channel): LaneConnection {
    const { platform, secured, onFailure } = this.#options;
    const { transport, fingerprints, signal } = secured;
    const { fpI, fpR } = fingerprints;
    const link = new LaneConnection({
      ...{ platform, configuration: transport.configuration, signal, onFailure },
      fingerprints: transport.role === 0 ? { own: fpI, peer: fpR } : { own: fpR, peer: fpI },
      onLost: () => this.#lost(channel),
    });
    this.#lanes.add(channel, link);
    return link;
  }

  #send(frame: LaneFrame): void {
    const { channels: line } = this.#options.secured.transport;
    // because a line that cannot carry it has ended, and says so itself
    const sent = line.send(formatFileFrame(frame)).catch(() => undefined);
    void sent.then(() => wipe(frame.bytes)); // The seed is in one of them.
  }
}

function outOfPlace(): NullroomError {
  return new NullroomError("E_RECORD_TYPE", "lanes out of place");
}
