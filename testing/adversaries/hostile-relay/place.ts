import { readHeader } from "./blob.ts";

export const HANDSHAKE_PLACES = ["HS1", "HS2", "HS3", "HS4", "HS5"] as const;
export const SIGNAL_PLACES = ["offer", "answer", "candidate"] as const;

/** Where in an introduction a blob stands, as far as somebody without keys can tell. */
export type Place = (typeof HANDSHAKE_PLACES)[number] | (typeof SIGNAL_PLACES)[number] | "unknown";

export const PLACES: readonly Place[] = [...HANDSHAKE_PLACES, ...SIGNAL_PLACES];

/**
 * Tells the five handshake blobs apart by nothing but their order: they all have the same length and show no
 * `hsid`. A blob of I where one of R is due can only be the HS1 of a new attempt, since R never begins.
 */
export class PlaceTracker {
  #due = 0;

  place(blob: Uint8Array): Place {
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
    const place = HANDSHAKE_PLACES[this.#due] ?? "unknown";
    this.#due = (this.#due + 1) % HANDSHAKE_PLACES.length;
    return place;
  }

  /** A new attempt begins: what comes next is HS1. */
  reset(): void {
    this.#due = 0;
  }

  get #roleDue(): "I" | "R" {
    return this.#due % 2 === 0 ? "I" : "R";
  }
}
