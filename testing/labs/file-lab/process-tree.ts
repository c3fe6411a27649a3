import { readdir, readFile } from "node:fs/promises";

/** The processes that this one has started, directly or through others. */
export async function descendants(root = process.pid): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await read(`/proc/${name}/stat`) : "";
    // The name of the program stands in brackets and may hold anything.
    const parent = /^.*\) \S (\d+)/s.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1);
}

/** The folder of the one browser under this process whose command line holds `option PATH` or `option=PATH`. */
export async function profileOf(option: string): Promise<string> {
  for (const pid of await descendants()) {
    const words = (await read(`/proc/${pid}/cmdline`)).split("\0");
    const after = words[words.indexOf(option) + 1];
    const joined = words.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1);
    const path = words.includes(option) ? after : joined;
    if (path) return path;
  }
  throw new Error(`no browser was started with ${option}`);
}

/** The bytes of memory that belong to these processes alone; pages that are copies of files on the disk do not count. */
export async function heldMemory(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map(async (pid) => read(`/proc/${pid}/smaps_rollup`)));
  const kilobytes = sizes.flatMap((rollup) => [...rollup.matchAll(/^Pss_(?:Anon|Shmem): +(\d+) kB$/gm)]);
  return kilobytes.reduce((sum, [, amount]) => sum + Number(amount) * 1024, 0);
}

/** The text of a file in /proc. Empty where its process has ended meanwhile. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
