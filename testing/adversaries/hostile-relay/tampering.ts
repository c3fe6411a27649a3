import { type Delivery, type OneTimeAdversary, pass, type Signal } from "./adversary.ts";
import { HEADER_BYTES, NONCE_BYTES, ROLE_AT, type Role, TAG_BYTES } from "./blob.ts";
import type { Recording } from "./recording.ts";
import { HANDSHAKE_STAGES, SIGNAL_STAGES, type Stage } from "./stage.ts";

export const TAMPERINGS = [
  "flip-version",
  "flip-phase",
  "flip-nonce",
  "flip-body",
  "flip-tag",
  "swap-role",
  "truncate",
  "extend",
  "drop",
  "duplicate",
  "reorder",
  "reflect",
  "replay",
] as const;

/** What can be done to one blob on its way. */
export type Tampering = (typeof TAMPERINGS)[number];

/** One tampering at one stage. None may ever lead to "secure", except where it may come too late to matter. */
export type Attack = {
  readonly name: string;
  readonly tampering: Tampering;
  readonly stage: Stage;
  /** The sides that must not have sent a phase-1 blob: nobody gathers an address before the other side is proven. */
  readonly silent: readonly Role[];
  /**
   * Whether both sides may be secure before the tampering arrives. A duplicate of the answer follows the genuine one,
   * which is the last that the two need; they then ignore it as they ignore whatever the relay repeats.
   */
  readonly mayBeLate: boolean;
  /** Whether the victims notice only by waiting: for the 15 s of the handshake, or for the 30 s after it. */
  readonly slow: boolean;
};

/** Every tampering at every stage but `candidate`: the five messages of the handshake, offer and answer. */
export function attacks(): readonly Attack[] {
  const stages = [...HANDSHAKE_STAGES, ...SIGNAL_STAGES.filter((stage) => stage !== "candidate")];
  return stages.flatMap((stage) =>
    TAMPERINGS.map((tampering) => ({
      name: `${tampering} ${stage}`,
      tampering,
      stage,
      silent: silent(tampering, stage),
      mayBeLate: stage === "answer" && tampering === "duplicate",
      slow: tampering === "drop" || tampering === "reorder",
    })),
  );
}

/**
 * An adversary that carries out this attack on the first blob of its stage and passes everything else.
 *
 * @param earlier - a recording of another session, from which `replay` takes the blob of the same stage
 */
export function tamperOnce(
  { tampering, stage }: Pick<Attack, "tampering" | "stage">,
  earlier: Recording,
): OneTimeAdversary {
  let hasActed = false;
  let held: Signal | undefined;
  return {
    get hasActed() {
      return hasActed;
    },
    signal(signal) {
      if (held !== undefined && held.from === signal.from) {
        const late = held;
        held = undefined;
        return [...pass(signal), ...pass(late)];
      }
      if (hasActed || signal.stage !== stage) return pass(signal);
      hasActed = true;
      if (tampering === "reorder") held = signal;
      return tamper(signal, tampering, earlier);
    },
  };
}

function tamper(signal: Signal, tampering: Tampering, earlier: Recording): readonly Delivery[] {
  const { blob } = signal;
  const instead = (changed: Uint8Array): readonly Delivery[] => [{ to: "receiver", blob: changed }];
  switch (tampering) {
    case "flip-version":
      return instead(flipped(blob, 0));
    case "flip-phase":
      return instead(flipped(blob, 1));
    case "swap-role":
      return instead(flipped(blob, ROLE_AT));
    case "flip-nonce": // In phase 1 this is the sequence number.
      return instead(flipped(blob, HEADER_BYTES + 7));
    case "flip-body":
      return instead(flipped(blob, HEADER_BYTES + NONCE_BYTES + 5));
    case "flip-tag":
      return instead(flipped(blob, blob.length - TAG_BYTES));
    case "truncate":
      return instead(blob.slice(0, -1));
    case "extend":
      return instead(Uint8Array.from([...blob, 0]));
    case "drop":
    case "reorder": // Comes right after the sender's next one.
      return [];
    case "duplicate":
      return [...pass(signal), ...pass(signal)];
    case "reflect": // The receiver gets it too, so that the echo alone is what is wrong.
      return [{ to: "sender", blob }, ...pass(signal)];
    case "replay":
      return instead(replayed(signal, earlier));
  }
}

function replayed({ stage }: Signal, earlier: Recording): Uint8Array {
  const recorded = earlier.firstOf(stage);
  if (recorded === undefined) throw new Error(`the earlier recording holds no ${stage} to replay`);
  return recorded.blob;
}

function flipped(blob: Uint8Array, at: number): Uint8Array {
  const copy = blob.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/**
 * The sides that this attack must keep silent. HS4 proves the responder to the initiator and HS5 the initiator to the
 * responder; once the other is proven, a side may send addresses. A reflected blob hurts its sender, a duplicate comes
 * after its original has been accepted, and every other tampering hurts the receiver before it has learned anything.
 */
function silent(tampering: Tampering, stage: Stage): readonly Role[] {
  switch (stage) {
    case "HS1":
    case "HS2":
      return ["I", "R"];
    case "HS3":
      return tampering === "duplicate" ? ["R"] : ["I", "R"];
    case "HS4":
      if (tampering === "duplicate") return [];
      return tampering === "reflect" ? ["R"] : ["I", "R"];
    case "HS5":
      return tampering === "reflect" ? [] : ["R"];
    case "offer":
      return tampering === "duplicate" || tampering === "reflect" ? [] : ["R"];
    default:
      return [];
  }
}
