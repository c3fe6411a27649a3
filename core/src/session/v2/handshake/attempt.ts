import type { Bytes } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { type Agreed, type Handshake, initiate, respond } from "../../../crypto/handshake.ts";
import { wipeSession } from "../../../crypto/schedule.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after } from "../../../lifetime.ts";
import { HANDSHAKE_TIMEOUT_MS } from "../timing.ts";
import type { AttemptOptions } from "./attempt-options.ts";

/**
 * From HS1 to the proof that the other side holds the same secret: one handshake, spec/3-session.md §3. Feed it one
 * message at a time. It fails once, with an event; over or failed, it holds nothing secret.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #psk: Bytes;
  readonly #lifetime = new AbortController();
  #handshake: Handshake | undefined;
  #counted = false;
  #phase: "handshake" | "authenticated" | "over" = "handshake";
  #cancelDeadline: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#psk = options.setup.psk.slice();
    this.#lifetime.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  get isAuthenticated(): boolean {
    return this.#phase === "authenticated";
  }

  /** R's `hsid` is unknown until HS1. */
  get hsid(): Bytes | undefined {
    return this.#handshake?.hsid;
  }

  async begin(): Promise<void> {
    await this.#guarded(async () => {
      const { role, setup, source } = this.#options;
      const keyed = { ...setup, psk: this.#psk };
      if (role === 1) {
        this.#handshake = respond(keyed, source);
        return;
      }
      const { handshake, hs1 } = await initiate(keyed, source);
      this.#handshake = handshake;
      this.#startClock();
      await this.#say(hs1);
    });
  }

  /** An opened phase-0 message. */
  async hear(message: Bytes): Promise<void> {
    await this.#guarded(async () => {
      if (this.#handshake === undefined) return;
      const outcome = await this.#handshake.receive(message);
      if (this.#lifetime.signal.aborted && outcome.type === "authenticated")
        wipeSession(outcome.agreed.secrets);
      if (outcome.type === "discarded" || this.#lifetime.signal.aborted) return;
      if (this.#options.role === 1 && !this.#counted) this.#startClock();
      if (this.#handshake.counts && !this.#counted) {
        this.#counted = true;
        void this.#options.onEvent({ type: "counts" });
      }
      if (outcome.type === "authenticated") this.#admit(outcome.agreed);
      if (outcome.message !== undefined) await this.#say(outcome.message);
      if (outcome.type === "authenticated") await this.#authenticated(outcome.agreed);
    });
  }

  /** Signaling went wrong in a way that is nobody's but this attempt's. */
  fail(thrown: unknown): void {
    if (this.#phase === "over") return;
    const error = asNullroomError(thrown, "E_CHANNEL", "the attempt failed");
    this.drop();
    void this.#options.onEvent({ type: "failed", error });
  }

  /** No more of it. Idempotent. */
  drop(): void {
    this.#phase = "over";
    this.#lifetime.abort();
  }

  #admit({ secrets }: Agreed): void {
    try {
      this.#options.onProof?.();
    } catch (thrown) {
      wipeSession(secrets);
      throw thrown;
    }
  }

  async #authenticated({ secrets, words }: Agreed): Promise<void> {
    this.#cancelDeadline();
    if (this.#lifetime.signal.aborted) return wipeSession(secrets);
    this.#phase = "authenticated";
    wipe(this.#psk);
    await this.#options.onEvent({ type: "authenticated", secrets, words });
  }

  async #say(message: Bytes): Promise<void> {
    const blob = await this.#options.seal.seal(message);
    if (!this.#lifetime.signal.aborted) this.#options.say(blob);
  }

  #startClock(): void {
    this.#cancelDeadline();
    this.#cancelDeadline = after(HANDSHAKE_TIMEOUT_MS, this.#lifetime.signal, () =>
      this.fail(new NullroomError("E_HS_TIMEOUT", "no answer in time")),
    );
  }

  async #guarded(task: () => Promise<void>): Promise<void> {
    try {
      if (!this.#lifetime.signal.aborted) await task();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  #forget(): void {
    this.#handshake?.wipe();
    this.#handshake = undefined;
    wipe(this.#psk);
  }
}
