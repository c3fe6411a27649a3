import type { Bytes } from "../../brand.ts";
import type { Attempts } from "../../crypto/attempts.ts";
import type { Kem } from "../../crypto/kem.ts";
import { Keyring } from "../../crypto/keyring.ts";
import type { Role } from "../../crypto/keys.ts";
import { blobPhase } from "../../crypto/seal.ts";
import { freshSource } from "../../crypto/source.ts";
import { asNullroomError, type ErrorCode, NullroomError } from "../../errors.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptEvent } from "./attempt-options.ts";
import { Bond } from "./bond.ts";
import type { BondEvent, BondOptions } from "./bond-options.ts";
import { Doorway, readBlob } from "./doorway.ts";
import type { LinkSecret } from "./link-secret.ts";
import type { IntroductionEvent } from "./meeting-event.ts";

export type IntroductionOptions = Pick<BondOptions, "contact"> & {
  kem: Promise<Kem>;
  link: LinkSecret;
  /** Those of this room's first pair, whoever takes which seat. */
  attempts: Attempts;
  onEvent: (event: IntroductionEvent) => void | Promise<void>;
};

/**
 * Two who know the link find each other: attempt after attempt, each shown, until one leads to a bond. Which blob
 * goes where is the table of spec/4-frames.md §1.
 */
export class Introduction {
  readonly #options: IntroductionOptions;
  #doorway: Doorway | undefined;
  #attempt: Attempt | undefined;
  #bond: Bond | undefined;
  #isOver = false;

  static async prepare(options: IntroductionOptions): Promise<Introduction> {
    const { contact, link } = options;
    const { role, room } = contact;
    const introduction = new Introduction(options);
    introduction.#doorway = await Doorway.open({ psk: link.psk, kind: 0, room, role });
    return introduction;
  }

  private constructor(options: IntroductionOptions) {
    this.#options = options;
  }

  get role(): Role {
    return this.#options.contact.role;
  }

  /** The two have proved themselves to each other. */
  get bond(): Bond | undefined {
    return this.#bond;
  }

  get isIdle(): boolean {
    return this.#attempt === undefined && this.#bond === undefined;
  }

  /** A new attempt; what was before it is dropped. @throws "E_HS_TAMPER" when three have counted */
  async begin(): Promise<void> {
    this.drop();
    const { contact, link, kem } = this.#options;
    const { role, room, say } = contact;
    const { doorway } = this;
    if (doorway === undefined) return;
    this.#options.attempts.begin();
    this.#step("handshake");
    const source = freshSource(await kem);
    if (this.#isOver) return;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: link.psk, kind: 0, room },
      seal: doorway.seal,
      source,
      say,
      onEvent: (event) => this.#hearAttempt(attempt, event),
    });
    this.#attempt = attempt;
    await attempt.begin();
  }

  /** Whatever the relay brings. Once secure, what does not open or fit is discarded, and the session goes on. */
  async hear(data: unknown): Promise<void> {
    const bond = this.#bond;
    try {
      const blob = readBlob(data);
      if (blobPhase(blob) === 1) await bond?.hearSignal(blob);
      else if (bond?.wasSecure) await bond.hearCall(blob);
      else await this.#hearHandshake(blob);
    } catch (thrown) {
      if (!bond?.wasSecure) this.#failed(asNullroomError(thrown, "E_CHANNEL", "the attempt failed"));
      else if (!(thrown instanceof NullroomError)) throw thrown;
    }
  }

  /** What was under way is over; another attempt may begin. */
  drop(): void {
    this.#attempt?.drop();
    this.#attempt = undefined;
    this.#bond?.drop();
    this.#bond = undefined;
  }

  /** No more of it; the bond is the caller's to part. */
  close(): Bond | undefined {
    const bond = this.#bond;
    this.#isOver = true;
    this.#bond = undefined;
    this.#doorway = undefined;
    this.drop();
    return bond;
  }

  private get doorway(): Doorway | undefined {
    return this.#isOver ? undefined : this.#doorway;
  }

  async #hearHandshake(blob: Bytes): Promise<void> {
    if (await this.#bond?.hearCall(blob)) return;
    // I without an attempt asked for nothing; R without one may be called by an HS1.
    if (this.doorway === undefined || (this.#attempt === undefined && this.role === 0)) return;
    const { message, isNewCall } = await this.doorway.read(blob);
    const waits = this.#attempt !== undefined && this.#attempt.hsid === undefined;
    if (isNewCall && this.role === 1 && !waits) await this.begin();
    await this.#attempt?.hear(message);
  }

  #hearAttempt(attempt: Attempt, event: AttemptEvent): void | Promise<void> {
    if (attempt !== this.#attempt) return;
    switch (event.type) {
      case "counts":
        return this.#options.attempts.count();
      case "authenticated":
        return this.#authenticated(event);
      case "failed":
        return this.#failed(event.error);
      default:
        event satisfies never;
    }
  }

  async #authenticated({ secrets, words }: Extract<AttemptEvent, { type: "authenticated" }>): Promise<void> {
    const { rk, resume } = secrets;
    const { contact, kem } = this.#options;
    this.#step("network");
    const bond: Bond = new Bond({
      keyring: new Keyring({ rk, resume }),
      words,
      contact,
      source: freshSource(await kem),
      onEvent: (event) => this.#hearBond(bond, event),
    });
    this.#bond = bond;
    await bond.meet(secrets);
  }

  #hearBond(bond: Bond, event: BondEvent): void | Promise<void> {
    if (bond !== this.#bond) return;
    if (event.type === "step") return this.#step(event.step);
    if (event.type === "secured") {
      this.#attempt?.drop();
      this.#attempt = undefined;
      this.#doorway = undefined;
    }
    if (bond.wasSecure) return this.#options.onEvent(event);
    if (event.type === "failed") return this.#failed(event.error);
    if (event.type === "goodbye") return this.#options.onEvent({ type: "parted" });
  }

  #step(step: Extract<IntroductionEvent, { type: "step" }>["step"]): void {
    void this.#options.onEvent({ type: "step", step, attempt: this.#options.attempts.number });
  }

  #failed({ code }: { code: ErrorCode }): void {
    if (this.isIdle) return;
    this.drop();
    if (this.#options.attempts.exhausted) void this.#options.onEvent({ type: "exhausted" });
    else
      void this.#options.onEvent({
        type: "attempt-failed",
        failed: { code, mayStartAnother: this.role === 0 },
      });
  }
}
