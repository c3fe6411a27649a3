import type { Hashing } from "../../../files/hasher.ts";
import { FEATURE_PIECES, FEATURE_SETS } from "../../../wire/frames.ts";
import type { Hello } from "../connect/hello.ts";

/** For a whole session: the largest file that each side takes, in bytes, whether the other takes sets, and both's hash. */
export type FileLimits = { theirs: number; ours: number; takesSets: boolean; hashing: Hashing };

/** From what the other side's first HELLO says of files. */
export function limitsOf({ features, maxFile }: Hello, ours: number): FileLimits {
  const takesSets = (features & FEATURE_SETS) !== 0;
  const hashing = (features & FEATURE_PIECES) === 0 ? "whole" : "pieces";
  return { theirs: maxFile, ours, takesSets, hashing };
}
