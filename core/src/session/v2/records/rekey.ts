import type { Bytes } from "../../../brand.ts";
import { BULK, bindChains, CTL, eachOf } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { DhKeyPair } from "../../../crypto/dh.ts";
import type { KemKeyPair } from "../../../crypto/kem.ts";
import { answerKeys, concludeKeys, deriveEpoch, type SharedSecrets } from "../../../crypto/rekey.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, childOf } from "../../../lifetime.ts";
import { formatTalk, type TalkFrame } from "../../../wire/frames.ts";
import { REKEY_ASK_AGAIN_MS } from "../timing.ts";
import { ConnectedTime } from "./connected-time.ts";
import { isWornOut, REKEY_LIMITS, type RekeyLimits } from "./rekey-limits.ts";
import type { RekeyOptions } from "./rekey-options.ts";
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
import type { RecordCounts } from "./secure-channels-options.ts";

type OwnKeys = { dh: DhKeyPair; kem: KemKeyPair };

/**
 * The re-keys of one line, from its epoch 0 on: when one is due, and what each of its steps takes. A line that is
 * replaced takes what is under way with it. `rekey-state.ts` decides what may follow what; spec/4-frames.md §6.
 */
export class Rekey {
  readonly #options: RekeyOptions;
  readonly #limits: RekeyLimits;
  readonly #lifetime: AbortController;
  readonly #time: ConnectedTime;
  #state: RekeyState = { step: "rest" };
  #epoch = 0;
  /** I's, between making them and REKEY2. */
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
    options.channels.onCounted = () => this.#beginIfDue();
  }

  /** Frames of one channel one at a time and in order. @throws "E_REKEY", "E_RECORD_EPOCH" */
  async hearFrame(frame: RekeyFrame): Promise<void> {
    await this.#take(frame);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Keep the epoch, and with it the channels on which the next one begins, from `hold` to `release`.
   * @throws "E_REKEY" while an epoch is ending
   */
  turn(type: "hold" | "release"): void {
    this.#state = this.#step({ type }).state;
    this.#beginIfDue();
  }

  /** The transport is interrupted or back. Nothing new begins meanwhile, and no time runs. */
  set isConnected(isConnected: boolean) {
    this.#isConnected = isConnected;
    this.#time.isConnected = isConnected;
    this.#beginIfDue();
  }

  /** No more of it: what is under way is void, and its keys are gone. */
  close(): void {
    this.#lifetime.abort();
  }

  get #isOver(): boolean {
    return this.#lifetime.signal.aborted;
  }

  /** An epoch has begun in both directions. */
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
    this.#take({ type: "due" }).catch((thrown) => this.#fail(thrown));
  }

  async #take(event: RekeyEvent): Promise<void> {
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
    const { role, channels: line } = this.#options;
    return rekeyStep(role, this.#state, event, [CTL, BULK, ...(line.lanes?.channels ?? [])]);
  }

  #do(act: RekeyAct): void | Promise<void> {
    switch (act.act) {
      case "draw":
        this.#draw().catch((thrown) => this.#fail(thrown)); // A REKEY_REQ need not wait for it.
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
    await this.#take({ type: "drawn" });
  }

  async #answer(rekey1: Rekey1): Promise<void> {
    const { shared, ...keys } = await answerKeys(this.#options.source, rekey1);
    const rekey2: Rekey2 = { type: "rekey2", ...keys };
    if (await this.#learn(shared, rekey1, rekey2)) this.#say(rekey2);
  }

  async #switch(rekey2: Rekey2): Promise<void> {
    const own = this.#own;
    if (own === undefined) return; // Closed.
    this.#own = undefined;
    const shared = await concludeKeys(own, rekey2);
    if (!(await this.#learn(shared, proposal(own), rekey2))) return;
    this.#begin({ type: "rekey3" });
  }

  /** The next epoch's secrets and chains, each with whoever keeps it. False where it has become void meanwhile. */
  async #learn(shared: SharedSecrets, rekey1: Rekey1, rekey2: Rekey2): Promise<boolean> {
    const { keyring, fingerprints, role, channels: line } = this.#options;
    const [body1, body2] = [formatTalk(rekey1).body, formatTalk(rekey2).body];
    if (this.#dropIfOver(shared.dh, shared.ss)) return false;
    const epoch = this.#epoch + 1;
    const { rec, ...kept } = await deriveEpoch({ ...shared, rk: keyring.rk, epoch, body1, body2 });
    if (this.#dropIfOver(rec, kept.rk, kept.resume)) return false;
    this.#epoch = epoch;
    keyring.renew(kept);
    if (role === 0) keyring.keepNewest(); // R has it too: REKEY2 said so. R itself has to wait for I's word.
    const chains = await bindChains(rec, fingerprints, role, line.lanes?.channels);
    if (this.#dropIfOver(...eachOf(chains))) return false;
    await line.expectEpoch(chains);
    return !this.#isOver;
  }

  /** What was being made when it ended has nobody to wipe it but this. */
  #dropIfOver(...secrets: Bytes[]): boolean {
    if (this.#isOver) wipe(...secrets);
    return this.#isOver;
  }

  #begin(marker: TalkFrame): void {
    this.#options.channels.beginEpoch(marker).catch(() => {
      // because a line that cannot carry it has ended, and says so itself
    });
  }

  #say(frame: TalkFrame): void {
    this.#options.channels.send(frame).catch(() => {
      // because a line that cannot carry it has ended, and says so itself
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
