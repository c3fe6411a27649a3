import type { Dirent } from "node:fs";
import { access, open, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Canary, type Needle, needlesOf } from "./encodings.ts";

/** A part of a canary that lies in a file. */
export type Trace = {
  readonly canary: string;
  readonly encoding: string;
  readonly file: string;
  readonly offset: number;
};

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Every needle is at least this long, so that its first bytes can serve as a key. */
const PREFIX_BYTES = 4;

/**
 * Search each file below a folder, byte by byte, for any part of any canary in any encoding. Names of files and folders
 * are searched too. What a browser's databases keep is found that way without knowledge of their formats.
 */
export async function scan(folder: string, canaries: readonly Canary[]): Promise<readonly Trace[]> {
  const haystack = new Haystack(needlesOf(canaries));
  const traces: Trace[] = [];
  await access(folder);
  for await (const { path, entry } of entriesBelow(folder)) {
    const file = relative(folder, path);
    for (const { needle } of haystack.search(Buffer.from(entry.name)))
      traces.push(trace(needle, `${file} (its name)`, 0));
    if (entry.isFile()) traces.push(...(await scanFile(path, file, haystack)));
  }
  return traces;
}

async function* entriesBelow(folder: string): AsyncGenerator<{ path: string; entry: Dirent }> {
  for (const entry of (await unlessGone(readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    yield { path, entry };
    if (entry.isDirectory()) yield* entriesBelow(path);
  }
}

/** Undefined for a file that is gone: a browser that still runs deletes some meanwhile, and those leave no trace. */
function unlessGone<T>(looked: Promise<T>): Promise<T | undefined> {
  return looked.catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
}

async function scanFile(path: string, file: string, haystack: Haystack): Promise<Trace[]> {
  const traces: Trace[] = [];
  await using handle = await unlessGone(open(path));
  if (handle === undefined) return [];
  const overlap = haystack.longest - 1;
  let buffer = Buffer.alloc(0);
  let start = 0;
  for (;;) {
    const next = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await handle.read(next, 0, CHUNK_BYTES);
    if (bytesRead === 0) return traces;
    // A needle may have begun in the last chunk, whose end is therefore searched again together with this one.
    const kept = buffer.subarray(Math.max(0, buffer.length - overlap));
    start += buffer.length - kept.length;
    buffer = Buffer.concat([kept, next.subarray(0, bytesRead)]);
    for (const { needle, at } of haystack.search(buffer)) {
      if (at + needle.bytes.length > kept.length) traces.push(trace(needle, file, start + at));
    }
  }
}

function trace({ canary, encoding }: Needle, file: string, offset: number): Trace {
  return { canary, encoding, file, offset };
}

/** Searches for all needles at once: a look at two bytes rules out nearly every offset of a file. */
class Haystack {
  readonly longest: number;
  readonly #byPrefix = new Map<number, Needle[]>();
  readonly #firstPairs = new Uint8Array(65_536);

  constructor(needles: readonly Needle[]) {
    this.longest = Math.max(...needles.map(({ bytes }) => bytes.length));
    for (const needle of needles) {
      const prefix = Buffer.from(needle.bytes).readUInt32BE();
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), needle]);
      this.#firstPairs[prefix >>> 16] = 1;
    }
  }

  *search(bytes: Buffer): Generator<{ needle: Needle; at: number }> {
    for (let at = 0; at + PREFIX_BYTES <= bytes.length; at++) {
      const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      if (this.#firstPairs[pair] === 0) continue;
      for (const needle of this.#byPrefix.get(bytes.readUInt32BE(at)) ?? []) {
        if (bytes.subarray(at, at + needle.bytes.length).equals(needle.bytes)) yield { needle, at };
      }
    }
  }
}
