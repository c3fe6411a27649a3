import { readHeader } from "./blob.ts";

export const HANDSHAKE_STAGES = ["HS1", "HS2", "HS3", "HS4", "HS5"] as const;
export const SIGNAL_STAGES = ["offer", "answer", "candidate"] as const;

/** Which message of an introduction a blob is, as far as somebody without keys can tell. */
export type Stage = (typeof HANDSHAKE_STAGES)[number] | (typeof SIGNAL_STAGES)[number] | "unknown";

export const STAGES: readonly Stage[] = [...HANDSHAKE_STAGES, ...SIGNAL_STAGES];

/**
 * Tells the five handshake blobs apart by nothing but their order: they all have the same length and show no
 * `hsid`. A blob of the initiator where one of the responder is due can only be the HS1 of a new attempt, since the
 * responder never begins one.
 */
export class StageTracker {
  #due = 0;

  /** The stage of the next blob. Call it once for each blob, in the order in which they pass. */
  next(blob: Uint8Array): Stage {
    const header = readHeader(blob);
    if (header === undefined) return "unknown";
    if (header.phase === 1) {
      if (header.seq !== 0n) return "candidate";
      return header.role === "I" ? "offer" : "answer";
    }
    if (header.role !== this.#roleDue) {
      if (header.role === "R") return "unknown";
      this.#due = 0;
    }
    const stage = HANDSHAKE_STAGES[this.#due] ?? "unknown";
    this.#due = (this.#due + 1) % HANDSHAKE_STAGES.length;
    return stage;
  }

  /** Expect HS1 next, since a new attempt begins. */
  reset(): void {
    this.#due = 0;
  }

  get #roleDue(): "I" | "R" {
    return this.#due % 2 === 0 ? "I" : "R";
  }
}
