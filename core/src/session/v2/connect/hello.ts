import { NullroomError } from "../../../errors.ts";
import type { Platform } from "../../../platform.ts";
import {
  FEATURE_LANES,
  FEATURE_PIECES,
  FEATURE_RESTART,
  FEATURE_SETS,
  type HeardFrame,
  type TalkFrame,
} from "../../../wire/frames.ts";
import type { SecureChannels } from "../records/secure-channels.ts";
import type { Transport } from "./transport.ts";

export type Hello = Extract<TalkFrame, { type: "hello" }>;

/** What this side's runtime can do, as HELLO says it. Lanes need certificates of our own making. */
export function featuresOf({ restartsIce, generateCertificate }: Platform): number {
  const ofRuntime = (restartsIce ? FEATURE_RESTART : 0) | (generateCertificate ? FEATURE_LANES : 0);
  return FEATURE_SETS | FEATURE_PIECES | ofRuntime;
}

/**
 * HELLO each way, the first record on ctl: spec/3-session.md §6. Nothing may follow until both are out, so that nothing is
 * said to somebody who does not hold the keys of this very transport.
 */
export class HelloExchange {
  readonly #ours: () => Omit<Hello, "type">;
  readonly #onBoth: (theirs: Hello) => void;
  #said = false;
  #theirs: Hello | undefined;

  /** @param ours - asked for when it is said, since the time that is left is part of it */
  constructor(ours: () => Omit<Hello, "type">, onBoth: (theirs: Hello) => void) {
    this.#ours = ours;
    this.#onBoth = onBoth;
  }

  /** Once ctl is open. @throws "E_FP_MISMATCH" before anything is said to a wrong peer; "E_CHANNEL" */
  async say(transport: Transport, channels: SecureChannels): Promise<void> {
    await transport.verifyPeer();
    await channels.send({ type: "hello", ...this.#ours() });
    this.#said = true;
    this.#settle();
  }

  /** @throws "E_RECORD_TYPE" for another first record, or one behind it before ours is out */
  take(frame: HeardFrame): void {
    if (frame.type !== "hello" || this.#theirs !== undefined) {
      throw new NullroomError("E_RECORD_TYPE", "a record before the HELLOs");
    }
    this.#theirs = frame;
    this.#settle();
  }

  #settle(): void {
    if (this.#said && this.#theirs) this.#onBoth(this.#theirs);
  }
}
