/**
 * `npm run vectors -- FILE` checks one file of vectors against the implementation; without FILE, all of
 * spec/vectors. Names each value that differs and ends non-zero if one does: spec/README.md, "Vectors".
 */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Kem } from "../core/src/crypto/kem.ts";
import {
  availableKems,
  checkRoundTrips,
  type Difference,
  runVectorFile,
} from "../core/src/testing/vector-runner.ts";

const OWN = fileURLToPath(new URL("../spec/vectors/", import.meta.url));

async function main(files: readonly string[]): Promise<void> {
  const kems = await availableKems();
  let failures = 0;
  for (const file of files.length > 0 ? files : await ownFiles()) {
    for (const kem of kems) failures += report(`${file}, ${kem.kind} ML-KEM`, await check(file, kem));
  }
  failures += report("round trips", await checkRoundTrips(kems));
  process.exitCode = failures === 0 ? 0 : 1;
}

async function ownFiles(): Promise<readonly string[]> {
  const names = await readdir(OWN);
  return names.filter((name) => name.endsWith(".json")).map((name) => OWN + name);
}

async function check(file: string, kem: Kem): Promise<readonly Difference[]> {
  try {
    return await runVectorFile(JSON.parse(await readFile(file, "utf8")), kem);
  } catch (error) {
    return [{ name: file, detail: String(error) }];
  }
}

function report(what: string, differences: readonly Difference[]): number {
  console.log(`${differences.length === 0 ? "ok  " : "FAIL"} ${what}`);
  for (const { name, detail } of differences) console.log(`     ${name}: ${detail}`);
  return differences.length;
}

await main(process.argv.slice(2));
