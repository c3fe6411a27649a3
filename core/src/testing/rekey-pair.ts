import type { Bytes } from "../brand.ts";
import { type Binding, bindChains } from "../crypto/binding.ts";
import { randomBytes, wipe } from "../crypto/bytes.ts";
import { Keyring } from "../crypto/keyring.ts";
import { KEY_BYTES, type Role } from "../crypto/keys.ts";
import type { HandshakeSource } from "../crypto/source.ts";
import { SEND_QUEUE_BYTES } from "../limits.ts";
import { LaneSet } from "../session/v2/files/lanes/set.ts";
import { Rekey } from "../session/v2/records/rekey.ts";
import type { RekeyLimits } from "../session/v2/records/rekey-limits.ts";
import { SecureChannels } from "../session/v2/records/secure-channels.ts";
import type { BulkFrame, HeardFrame } from "../wire/frames.ts";
import { FakeChannel } from "./fake-channel.ts";
import { FrameEngine } from "./frame-engine.ts";

/** Both sides of a re-key with all that they have but a network: what is sent waits for the test to deliver it. */
export class RekeyPair implements Disposable {
  readonly sides: [RekeySide, RekeySide];

  private constructor(sides: [RekeySide, RekeySide]) {
    this.sides = sides;
  }

  static async open(
    limits: readonly [RekeyLimits, RekeyLimits],
    source: HandshakeSource,
    keep = (secret: Bytes) => secret,
  ): Promise<RekeyPair> {
    const [rk, resume, rec] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const binding = randomBytes(32);
    const open = async (role: Role) => {
      const keyring = new Keyring({ rk: keep(rk.slice()), resume: keep(resume.slice()) });
      const side = new RekeySide(role, keyring);
      side.channels.setKeys(await bindChains(rec.slice(), binding, role));
      side.begin(binding, limits[role], source);
      return side;
    };
    const pair = new RekeyPair([await open(0), await open(1)]);
    wipe(rk, resume, rec);
    return pair;
  }

  /** A lane opens as if both had said and heard all that it takes, in the first epoch. */
  async openLane(keep = (secret: Bytes) => secret): Promise<void> {
    const seed = randomBytes(KEY_BYTES);
    for (const side of this.sides) await side.openLane(keep(seed.slice()));
    wipe(seed);
  }

  /** One record reaches the other side. False where none is on its way. */
  deliver(from: Role, channel: On): boolean {
    const record = this.sides[from][channel].sent.shift();
    if (record !== undefined) this.sides[from === 0 ? 1 : 0][channel].receive(record);
    return record !== undefined;
  }

  deliverAll(): boolean {
    const each = ([0, 1] as const).flatMap((from) => ON.map((channel) => this.deliver(from, channel)));
    return each.some(Boolean);
  }

  [Symbol.dispose](): void {
    for (const side of this.sides) side.end();
  }
}

const ON = ["ctl", "bulk", "lane"] as const;
export type On = (typeof ON)[number];
const LANE = 2;

export class RekeySide {
  readonly ctl = new FakeChannel("");
  readonly bulk = new FakeChannel("");
  readonly lane = new FakeChannel("");
  readonly channels: SecureChannels;
  readonly keyring: Keyring;
  readonly failures: unknown[] = [];
  /** What has been said on each channel, and what has arrived: numbers. */
  readonly said = { ctl: 0, bulk: 0, lane: 0 };
  readonly heard: Record<On, number[]> = { ctl: [], bulk: [], lane: [] };
  readonly #engine = new FrameEngine((frame) => void this.#take(frame));
  readonly #role: Role;
  readonly #lifetime = new AbortController();
  rekey: Rekey | undefined;

  constructor(role: Role, keyring: Keyring) {
    this.#role = role;
    this.keyring = keyring;
    const { ctl, bulk, lane } = this;
    for (const channel of [ctl, bulk, lane]) channel.open();
    const { signal } = this.#lifetime;
    this.channels = new SecureChannels({
      role,
      ctl,
      attachBulk: (onEvent) => this.#engine.attach(bulk, onEvent),
      signal,
      listener: {
        onFrame: (frame) => this.#take(frame),
        onMarker: (on) => this.rekey?.hearFrame({ type: "epoch", channel: on }),
      },
      onEvent: (event) => {
        if (event.type === "failed") this.failures.push(event.error);
      },
    });
  }

  begin(binding: Binding, limits: RekeyLimits, source: HandshakeSource): void {
    const { channels, keyring } = this;
    const options = { role: this.#role, channels, keyring, binding, source, limits };
    const onFailure = (error: unknown) => void this.failures.push(error);
    this.rekey = new Rekey({ ...options, signal: this.#lifetime.signal, onFailure });
  }

  get hasLane(): boolean {
    return this.channels.numbers.includes(LANE);
  }

  async openLane(seed: Bytes): Promise<void> {
    const lanes = new LaneSet({
      ...{ engine: this.#engine, channels: this.channels, role: this.#role, epoch: 0 },
      onLost: () => undefined,
      onFailure: (error) => this.failures.push(error),
    });
    lanes.add(LANE, { channel: this.lane, close: () => this.lane.close() });
    await lanes.setKeys(seed);
  }

  say(on: On): void {
    if (on === "lane" && !this.hasLane) return;
    this.said[on] += 1;
    const number = this.said[on];
    const sent =
      on === "ctl"
        ? this.channels.send({ type: "ack", upTo: number })
        : this.#engine.send(
            { type: "chunk", fileId: on === "bulk" ? 1 : LANE, offset: number, data: Uint8Array.of(1) },
            on === "bulk" ? 0 : 1,
          );
    sent.catch(() => undefined); // because what an end cuts off is looked at elsewhere
  }

  /** What it sends on bulk waits in the sender from here on, until `drain`. */
  clog(): void {
    this.bulk.bufferedAmount = SEND_QUEUE_BYTES + 1;
  }

  drain(): void {
    this.bulk.drainTo(0);
  }

  /** The transport is gone, and with it whatever was under way. */
  cut(): void {
    this.rekey?.close();
    this.#lifetime.abort();
  }

  /** How many markers this side has said on each bulk channel. */
  get epoch(): number {
    const { said, hasLane } = this;
    return (this.channels.counts.bulkSent - said.bulk - said.lane) / (hasLane ? 2 : 1);
  }

  end(): void {
    this.cut();
    this.keyring.wipe();
  }

  #take(frame: HeardFrame | BulkFrame): void | Promise<void> {
    if (frame.type === "ack") this.heard.ctl.push(frame.upTo);
    else if (frame.type === "chunk") this.heard[frame.fileId === LANE ? "lane" : "bulk"].push(frame.offset);
    else return this.rekey?.hearFrame(frame as Parameters<Rekey["hearFrame"]>[0]);
  }
}
