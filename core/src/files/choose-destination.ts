import type { SinkKind } from "./sink.ts";

/** What this browser can do with a received file now; asked anew at each offer, since windows and disks differ. */
export type Capabilities = {
  /** It can write to a file of the person's choice. */
  readonly pickFile: boolean;
  /** … or into a folder. */
  readonly pickFolder: boolean;
  /** Bytes that its private file system would still take; undefined where there is none, as in private windows. */
  readonly sealed: number | undefined;
  /** Bytes that may still be held in memory, beside what is held there already. */
  readonly memory: number;
};

export type DestinationChoice =
  | { readonly type: "place"; readonly kind: SinkKind }
  /** Too large for every place: said before accepting, with the number that would fit. */
  | { readonly type: "refuse"; readonly capacity: number };

/**
 * Up to here memory is the best place: it leaves nothing anywhere and asks nothing. Classic's limit, which
 * every browser has been holding in memory all along.
 */
export const QUIET_BYTES = 16 * 1024 * 1024;

/**
 * Small files to memory; others to where the person picks, else sealed, else memory as far as it goes.
 * A set is for a folder of the person's choice whatever its size, since only there its files stay apart.
 */
export function chooseDestination(can: Capabilities, size: number, several = false): DestinationChoice {
  if (several && can.pickFolder) return { type: "place", kind: "picked" };
  if (size <= Math.min(QUIET_BYTES, can.memory)) return { type: "place", kind: "memory" };
  if (can.pickFile) return { type: "place", kind: "picked" };
  if (can.sealed !== undefined && size <= can.sealed) return { type: "place", kind: "sealed" };
  if (size <= can.memory) return { type: "place", kind: "memory" };
  return { type: "refuse", capacity: Math.max(can.memory, can.sealed ?? 0) };
}
