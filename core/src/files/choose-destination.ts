import type { SinkKind } from "./sink.ts";

/** What this browser can do with a received file now; asked anew at each offer, since windows and disks differ. */
export type Capabilities = {
  /** The browser can write to a file of the person's choice. */
  readonly pickFile: boolean;
  /** The browser can write into a folder of the person's choice. */
  readonly pickFolder: boolean;
  /** Bytes that its private file system would still take; undefined where there is none, as in private windows. */
  readonly sealed: number | undefined;
  /** Bytes that may be held in memory beside those that are held there already. */
  readonly memory: number;
};

export type DestinationChoice =
  | { readonly type: "take"; readonly kind: SinkKind }
  /** Too large for every destination. The person is told before accepting, with the number of bytes that would fit. */
  | { readonly type: "refuse"; readonly capacity: number };

/**
 * Up to this size memory is the best destination: it leaves nothing anywhere and asks nothing. It is classic's limit,
 * which every browser has been holding in memory all along.
 */
export const QUIET_BYTES = 16 * 1024 * 1024;

/**
 * Small files go to memory; others to where the person picks, else sealed, else to memory as far as it goes. A set goes
 * into a folder of the person's choice whatever its size, since only there its files stay apart.
 */
export function chooseDestination(can: Capabilities, size: number, several = false): DestinationChoice {
  if (several && can.pickFolder) return { type: "take", kind: "picked" };
  if (size <= Math.min(QUIET_BYTES, can.memory)) return { type: "take", kind: "memory" };
  if (can.pickFile) return { type: "take", kind: "picked" };
  if (can.sealed !== undefined && size <= can.sealed) return { type: "take", kind: "sealed" };
  if (size <= can.memory) return { type: "take", kind: "memory" };
  return { type: "refuse", capacity: Math.max(can.memory, can.sealed ?? 0) };
}
