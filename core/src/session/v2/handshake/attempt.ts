import type { Bytes } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { type Agreed, type Handshake, initiate, respond } from "../../../crypto/handshake.ts";
import type { PskKind, Role } from "../../../crypto/keys.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import { type SessionSecrets, wipeSession } from "../../../crypto/schedule.ts";
import type { HandshakeSeal } from "../../../crypto/seal.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after } from "../../../lifetime.ts";
import { HANDSHAKE_TIMEOUT_MS } from "../timing.ts";

export type AttemptEvent =
  /** The other side can know the words from here on: it has answered. */
  | { type: "counts" }
  /** Both have proved themselves; the secrets are the listener's now. */
  | { type: "authenticated"; secrets: SessionSecrets; words: SasIndices }
  | { type: "failed"; error: NullroomError };

export type AttemptOptions = {
  role: Role;
  /** `psk` is copied. */
  setup: { psk: Bytes; kind: PskKind; room: Bytes };
  seal: HandshakeSeal;
  source: HandshakeSource;
  say: (blob: Bytes) => void;
  /** The other side has proved itself, and nothing has been said about it yet. What this throws fails the attempt. */
  onProof?: () => void;
  /** A returned promise is waited for. */
  onEvent: (event: AttemptEvent) => void | Promise<void>;
};

/**
 * One handshake, from HS1 to the proof that the other side holds the same secret: spec/3-session.md §3. It is given one
 * message at a time and fails once, with an event. Closed or failed, it holds nothing secret.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #psk: Bytes;
  readonly #lifetime = new AbortController();
  #handshake: Handshake | undefined;
  #counted = false;
  #cancelDeadline: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#psk = options.setup.psk.slice();
    this.#lifetime.signal.addEventListener("abort", () => this.#wipe(), { once: true });
  }

  /** The responder's is unknown until HS1. */
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
  async hearMessage(message: Bytes): Promise<void> {
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

  /** Something went wrong that concerns this attempt alone. */
  fail(thrown: unknown): void {
    if (this.#lifetime.signal.aborted) return;
    const error = asNullroomError(thrown, "E_CHANNEL", "the attempt failed");
    this.close();
    void this.#options.onEvent({ type: "failed", error });
  }

  /** Idempotent. */
  close(): void {
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

  #wipe(): void {
    this.#handshake?.wipe();
    this.#handshake = undefined;
    wipe(this.#psk);
  }
}
