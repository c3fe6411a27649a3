import type { Hashing } from "../../../files/hasher.ts";

/** The largest file that each side takes, whether they take sets, and of what both make a file's hash. */
export type FileLimits = { theirs: number; ours: number; takesSets: boolean; hashing: Hashing };
