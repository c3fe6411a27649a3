import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { npm, root } from "./run.mjs";

/** Install what package-lock.json names, unless exactly that is there already. @returns {Promise<boolean>} */
export async function ensureInstalled() {
  if (await isInstalled()) return true;
  console.log("Installing what is missing …");
  // Nothing here needs an install script, so that no package gets to run code at this point.
  const { ok } = await npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  if (!ok) console.error("npm could not install the packages; its reason stands above.");
  return ok;
}

/** npm writes node_modules/.package-lock.json last, so a broken-off installation does not look whole. */
async function isInstalled() {
  const wanted = await readJson(join(root, "package-lock.json"));
  const present = await readJson(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted.packages).every(
    // Optional ones are other platforms' binaries.
    ([path, { version, link, optional }]) =>
      !path.includes("node_modules/") || link || optional || present.packages[path]?.version === version,
  );
}

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
