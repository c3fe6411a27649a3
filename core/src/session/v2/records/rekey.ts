import type { Bytes } from "../../../brand.ts";
import { type Binding, bindChains, wipeChains } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { DhKeyPair } from "../../../crypto/dh.ts";
import type { KemKeyPair } from "../../../crypto/kem.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import { answerKeys, concludeKeys, deriveEpoch, type SharedSecrets } from "../../../crypto/rekey.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, childOf } from "../../../lifetime.ts";
import { formatTalk, type TalkFrame } from "../../../wire/frames.ts";
import { ConnectedTime } from "./connected-time.ts";
import { isWornOut, REKEY_ASK_AGAIN_MS, REKEY_LIMITS, type RekeyLimits } from "./rekey-limits.ts";
import {
  type Rekey1,
  type Rekey2,
  type RekeyAct,
  type RekeyEvent,
  type RekeyFrame,
  type RekeyState,
  type RekeyStep,
  rekeyStep,
} from "./rekey-state.ts";
import type { RecordCounts, SecureChannels } from "./secure-channels.ts";

export type RekeyOptions = {
  role: Role;
  channels: Pick<
    SecureChannels,
    "send" | "numbers" | "expectEpoch" | "beginEpoch" | "counts" | "watchCounts"
  >;
  /** That of the transport which carries the channels: every epoch's chains are bound to it. */
  binding: Binding;
  keyring: Keyring;
  /** Where fresh keys come from. */
  source: HandshakeSource;
  /** Ends with the channels. */
  signal: AbortSignal;
  limits?: RekeyLimits | undefined;
  onFailure: (error: NullroomError) => void;
};

type OwnKeys = { dh: DhKeyPair; kem: KemKeyPair };

/**
 * The re-keys over one transport's channels, from epoch 0 on: when one is due, and what each of its steps takes. Channels
 * that are replaced take what is under way with them. `rekey-state.ts` decides what may follow what; spec/4-frames.md §6.
 */
export class Rekey {
  readonly #options: RekeyOptions;
  readonly #limits: RekeyLimits;
  readonly #lifetime: AbortController;
  readonly #time: ConnectedTime;
  #state: RekeyState = { step: "rest" };
  #epoch = 0;
  /** The initiator's, between making them and REKEY2. */
  #own: OwnKeys | undefined;
  #isConnected = true;
  #isOld = false;
  #hasAsked = false;
  #since: RecordCounts;
  #cancelAge: () => void = () => undefined;
  #cancelAsking: () => void = () => undefined;

  constructor(options: RekeyOptions) {
    this.#options = options;
    this.#limits = options.limits ?? REKEY_LIMITS;
    this.#lifetime = childOf(options.signal);
    this.#time = new ConnectedTime(this.#lifetime.signal);
    this.#lifetime.signal.addEventListener("abort", () => this.#forget(), { once: true });
    this.#since = options.channels.counts;
    this.#rest();
    options.channels.watchCounts(() => this.#beginIfDue(), this.#lifetime.signal);
  }

  /** The frames of one channel come one at a time and in order. @throws "E_REKEY", "E_RECORD_EPOCH" */
  async hearFrame(frame: RekeyFrame): Promise<void> {
    await this.#handle(frame);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Keep the epoch, and with it the channels on which the next one begins. @throws "E_REKEY" while an epoch is ending */
  hold(): void {
    this.#state = this.#step({ type: "hold" }).state;
  }

  /** Let the epoch end again. */
  release(): void {
    this.#state = this.#step({ type: "release" }).state;
    this.#beginIfDue();
  }

  /** The transport is interrupted or back. Nothing new begins meanwhile, and no time runs. */
  set isConnected(isConnected: boolean) {
    this.#isConnected = isConnected;
    this.#time.isConnected = isConnected;
    this.#beginIfDue();
  }

  /** Begin no more: what is under way is void, and its keys are gone. Idempotent. */
  close(): void {
    this.#lifetime.abort();
  }

  get #isOver(): boolean {
    return this.#lifetime.signal.aborted;
  }

  /** An epoch has begun in both directions: count its age and its records from now. */
  #rest(): void {
    this.#time.stop();
    this.#cancelAge();
    this.#cancelAsking();
    this.#isOld = false;
    this.#hasAsked = false;
    this.#since = this.#options.channels.counts;
    this.#cancelAge = after(this.#limits.ms, this.#lifetime.signal, () => {
      this.#isOld = true;
      this.#beginIfDue();
    });
  }

  #beginIfDue(): void {
    if (this.#state.step !== "rest" || this.#hasAsked || !this.#isConnected) return;
    if (!this.#isOld && !isWornOut(this.#limits, this.#since, this.#options.channels.counts)) return;
    this.#handle({ type: "due" }).catch((thrown) => this.#fail(thrown));
  }

  async #handle(event: RekeyEvent): Promise<void> {
    if (this.#isOver) return;
    const { state, acts } = this.#step(event);
    const before = this.#state.step;
    this.#state = state;
    if (state.step === before && acts.length === 0) return;
    if (state.step !== "rest") this.#time.start(this.#limits.timeoutMs, () => this.#fail(tooLate()));
    else if (before !== "rest") this.#rest();
    for (const act of acts) await this.#do(act);
  }

  #step(event: RekeyEvent): RekeyStep {
    const { role, channels } = this.#options;
    return rekeyStep(role, this.#state, event, channels.numbers);
  }

  #do(act: RekeyAct): void | Promise<void> {
    switch (act.act) {
      case "draw":
        this.#draw().catch((thrown) => this.#fail(thrown)); // What comes next on the channel need not wait for it.
        break;
      case "propose":
        if (this.#own) this.#say(proposal(this.#own));
        break;
      case "ask":
        this.#ask();
        break;
      case "answer":
        return this.#answer(act.to);
      case "switch":
        return this.#switch(act.to);
      case "drop-old-resume":
        this.#options.keyring.keepNewest();
        break;
      case "follow":
        this.#begin({ type: "rekey4" });
        break;
      default:
        act satisfies never;
    }
  }

  #ask(): void {
    this.#hasAsked = true;
    this.#say({ type: "rekey_req" });
    this.#cancelAsking = after(REKEY_ASK_AGAIN_MS, this.#lifetime.signal, () => {
      this.#hasAsked = false;
      this.#beginIfDue();
    });
  }

  async #draw(): Promise<void> {
    const { source } = this.#options;
    this.#own = { dh: await source.generateDh(), kem: await source.kem.generate() };
    if (this.#isOver) this.#forget();
    await this.#handle({ type: "drawn" });
  }

  async #answer(rekey1: Rekey1): Promise<void> {
    const { shared, ...keys } = await answerKeys(this.#options.source, rekey1);
    const rekey2: Rekey2 = { type: "rekey2", ...keys };
    if (await this.#learn(shared, rekey1, rekey2)) this.#say(rekey2);
  }

  async #switch(rekey2: Rekey2): Promise<void> {
    const own = this.#own;
    if (own === undefined) return; // It was closed meanwhile.
    this.#own = undefined;
    const shared = await concludeKeys(own, rekey2);
    if (!(await this.#learn(shared, proposal(own), rekey2))) return;
    this.#begin({ type: "rekey3" });
  }

  /** Derive the next epoch, and give each of its secrets to whoever keeps it. False where it has become void meanwhile. */
  async #learn(shared: SharedSecrets, rekey1: Rekey1, rekey2: Rekey2): Promise<boolean> {
    const { keyring, binding, role, channels } = this.#options;
    const [body1, body2] = [formatTalk(rekey1).body, formatTalk(rekey2).body];
    if (this.#wipeIfOver(shared.dh, shared.ss)) return false;
    const epoch = this.#epoch + 1;
    const { rec, ...kept } = await deriveEpoch({ ...shared, rk: keyring.rk, epoch, body1, body2 });
    if (this.#wipeIfOver(rec, kept.rk, kept.resume)) return false;
    this.#epoch = epoch;
    keyring.renew(kept);
    // REKEY2 has shown that the responder has them too. The responder has to wait until the initiator shows it.
    if (role === 0) keyring.keepNewest();
    const chains = await bindChains(rec, binding, role, channels.numbers);
    if (this.#isOver) {
      wipeChains(chains);
      return false;
    }
    await channels.expectEpoch(chains);
    return !this.#isOver;
  }

  /** Wipes what was being made when it ended: nobody else has it yet. */
  #wipeIfOver(...secrets: Bytes[]): boolean {
    if (this.#isOver) wipe(...secrets);
    return this.#isOver;
  }

  #begin(marker: TalkFrame): void {
    this.#options.channels.beginEpoch(marker).catch(() => {
      // because channels that cannot carry it have ended, and report that themselves
    });
  }

  #say(frame: TalkFrame): void {
    this.#options.channels.send(frame).catch(() => {
      // because channels that cannot carry it have ended, and report that themselves
    });
  }

  #fail(thrown: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onFailure(asNullroomError(thrown, "E_REKEY", "the re-key failed"));
  }

  #forget(): void {
    this.#own?.kem.wipe();
    this.#own = undefined;
  }
}

function proposal({ dh, kem }: OwnKeys): Rekey1 {
  return { type: "rekey1", pk: dh.publicKey, ek: kem.ek };
}

function tooLate(): NullroomError {
  return new NullroomError("E_REKEY", "no end in time");
}
