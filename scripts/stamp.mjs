import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "./run.mjs";

const IGNORED = new Set(["node_modules", "dist", ".cache"]);

/**
 * Remembers from which sources something was built, by content: times change with every checkout.
 *
 * @param {string} name
 * @param {string[]} sources - files and folders, from the root; tests do not count
 */
export async function stamp(name, sources) {
  const path = join(root, ".cache", "build", name);
  const now = await digest(sources);
  return {
    isCurrent: async () => (await readFile(path, "utf8").catch(() => "")) === now,
    write: async () => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, now);
    },
  };
}

async function digest(sources) {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of await files(source)) {
      hash.update(`${file}\0`).update(
        createHash("sha256")
          .update(await readFile(join(root, file)))
          .digest(),
      );
    }
  }
  return hash.digest("hex");
}

async function files(path) {
  if ((await stat(join(root, path))).isFile()) return [path];
  const found = [];
  for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
    if (IGNORED.has(entry.name) || entry.name.endsWith(".test.ts")) continue;
    const inside = `${path}/${entry.name}`;
    found.push(...(entry.isDirectory() ? await files(inside) : [inside]));
  }
  return found.sort();
}
