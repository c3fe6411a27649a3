import { type Adversary, type Delivery, pass, type Signal } from "./adversary.ts";
import { HEADER_BYTES, NONCE_BYTES, ROLE_AT, type Role, TAG_BYTES } from "./blob.ts";
import { HANDSHAKE_PLACES, type Place, SIGNAL_PLACES } from "./place.ts";
import type { Recording } from "./recording.ts";

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

/** One thing done at one place. None of them may ever lead to "secure", but for those that may come too late. */
export type Attack = {
  readonly name: string;
  readonly tampering: Tampering;
  readonly place: Place;
  /** Who must not have sent a single phase-1 blob: nobody gathers an address before the other side is proven. */
  readonly silent: readonly Role[];
  /**
   * The genuine answer arrives first, and two need no more: by the time of what comes after it they may be secure, and
   * then ignore it as they ignore whatever the relay repeats.
   */
  readonly mayBeLate: boolean;
  /** Whether the victims can only notice by waiting: the 15 s of the handshake, or the 30 s after it. */
  readonly slow: boolean;
};

/** An adversary that acts once, and that can say whether its moment came: an attack that never struck proves nothing. */
export type Strike = Adversary & { readonly struck: boolean };

/** Every tampering at every place: the five messages of the handshake, offer and answer. */
export function attacks(): readonly Attack[] {
  const places = [...HANDSHAKE_PLACES, ...SIGNAL_PLACES.filter((place) => place !== "candidate")];
  return places.flatMap((place) =>
    TAMPERINGS.map((tampering) => ({
      name: `${tampering} ${place}`,
      tampering,
      place,
      silent: silent(tampering, place),
      mayBeLate: place === "answer" && tampering === "duplicate",
      slow: tampering === "drop" || tampering === "reorder",
    })),
  );
}

/** @param earlier - a recording of another session, from which `replay` takes the blob of the same place. */
export function strike(
  { tampering, place }: Pick<Attack, "tampering" | "place">,
  earlier: Recording,
): Strike {
  let struck = false;
  let held: Signal | undefined;
  return {
    get struck() {
      return struck;
    },
    signal(signal) {
      if (held !== undefined && held.from === signal.from) {
        const late = held;
        held = undefined;
        return [...pass(signal), ...pass(late)];
      }
      if (struck || signal.place !== place) return pass(signal);
      struck = true;
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

function replayed({ place }: Signal, earlier: Recording): Uint8Array {
  const recorded = earlier.at(place);
  if (recorded === undefined) throw new Error(`the earlier recording holds no ${place} to replay`);
  return recorded.blob;
}

function flipped(blob: Uint8Array, at: number): Uint8Array {
  const copy = blob.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/**
 * I knows R by HS4 and R knows I by HS5; from there on each may send what it has. An echo hurts its sender, a
 * duplicate comes after its original has done its work, all else hurts the receiver before it has learned anything.
 */
function silent(tampering: Tampering, place: Place): readonly Role[] {
  switch (place) {
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
