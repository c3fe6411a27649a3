import { NullroomError } from "../errors.ts";
import { SET_ENTRIES, SET_PATH_BYTES } from "../limits.ts";
import { FILE_NAME_BYTES, safeFileName } from "../session/file-name.ts";
import { utf8Length } from "../session/text.ts";

/**
 * A set is a folder, or a selection of many files, as one offer. Its bytes are those of its files one after another, so
 * it has one offset, one credit and one hash, and resumes like any file.
 */
export type FileSet = {
  /** The name of the folder or archive that is made of the set; safe to save under. */
  readonly name: string;
  /** Bytes of all files together. */
  readonly size: number;
  readonly entries: readonly SetEntry[];
};

export type SetEntry = {
  /** Relative, `/` between parts, each part safe on every system, no two alike however case is treated. */
  readonly path: string;
  readonly size: number;
};

const SET_DEPTH = 16;

/**
 * Make a set safe. The sender calls it so that it says what will be saved, the receiver because it trusts no name.
 * Idempotent: a set that came from here passes unchanged.
 * @throws NullroomError "E_FILE_LIMIT" too many; "E_FILE_NAME" too long or deep; "E_FILE_SIZE" no sum of sizes
 */
export function fileSet(name: string, files: readonly SetEntry[]): FileSet {
  if (files.length === 0 || files.length > SET_ENTRIES) {
    throw new NullroomError("E_FILE_LIMIT", "a set has between one and some thousand files");
  }
  const paths = distinct(files.map(({ path }) => safePath(path)));
  const entries = files.map(({ size }, at) => ({ path: paths[at] ?? "", size }));
  return { name: safeFileName(name), size: total(entries), entries };
}

/** @throws NullroomError "E_FILE_NAME" */
export function safePath(path: string): string {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(safeFileName);
  const safe = parts.length === 0 ? safeFileName("") : parts.join("/");
  if (parts.length > SET_DEPTH || utf8Length(safe) > SET_PATH_BYTES) {
    throw new NullroomError("E_FILE_NAME", "a path is too long for some systems");
  }
  return safe;
}

function total(entries: readonly SetEntry[]): number {
  let sum = 0;
  for (const { size } of entries) {
    sum += size;
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(sum)) {
      throw new NullroomError("E_FILE_SIZE", "a size is no size");
    }
  }
  return sum;
}

/** Give each file a path that is neither another's nor a folder's; systems differ in whether case counts. */
function distinct(paths: readonly string[]): string[] {
  const taken = new Set(paths.flatMap(foldersOf));
  const tries = new Map<string, number>();
  return paths.map((path) => {
    let candidate = path;
    // Counting goes on from the last number, or thousands of equal names would cost the square of that.
    while (taken.has(fold(candidate))) {
      const count = (tries.get(fold(path)) ?? 1) + 1;
      tries.set(fold(path), count);
      candidate = numbered(path, count);
    }
    taken.add(fold(candidate));
    return candidate;
  });
}

function fold(path: string): string {
  return path.toUpperCase().toLowerCase();
}

/** `a/b/c.txt` lies in `a` and in `a/b`. */
function foldersOf(path: string): string[] {
  const parts = fold(path).split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** `a/photo.jpg` becomes `a/photo (2).jpg`. @throws NullroomError "E_FILE_NAME" */
function numbered(path: string, count: number): string {
  const at = path.lastIndexOf("/") + 1;
  const name = path.slice(at);
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const extension = dot > 0 ? name.slice(dot) : "";
  const mark = ` (${count})`;
  const kept = firstBytes(stem, FILE_NAME_BYTES - utf8Length(mark + extension));
  return safePath(`${path.slice(0, at)}${kept}${mark}${extension}`);
}

function firstBytes(text: string, limit: number): string {
  let kept = text;
  while (utf8Length(kept) > limit) kept = [...kept].slice(0, -1).join("");
  return kept;
}
