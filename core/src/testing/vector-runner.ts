import type { Bytes } from "../brand.ts";
import type { Kem } from "../crypto/kem.ts";
import { loadKem, loadPortableKem } from "../crypto/kem-load.ts";
import { encodeUtf8 } from "../wire/binary.ts";
import { type JsonObject, readObject } from "../wire/read.ts";
import { fromHex, toHex } from "./hex.ts";
import { type Difference, runCases } from "./vector-cases.ts";
import { computeSession, EXAMPLES, INPUTS, type SessionInputs } from "./vector-session.ts";

/** Runs spec/vectors on whatever runtime this is: Node, or a page that has bundled it. */

export type { Difference };

/** Both implementations where there are two. */
export async function availableKems(): Promise<readonly Kem[]> {
  const preferred = await loadKem();
  return preferred.kind === "portable" ? [preferred] : [preferred, await loadPortableKem()];
}

/** @param file - the parsed JSON of one vector file, of either shape: spec/README.md, "Vectors" */
export async function runVectorFile(file: unknown, kem: Kem): Promise<readonly Difference[]> {
  const fields = readObject(file, "vector file");
  if (!Array.isArray(fields.cases)) return checkSession(fields, kem);
  const common = readObject(fields.common ?? {}, "common");
  return runCases(
    fields.cases.map((entry) => ({ ...common, ...readObject(entry, "case") })),
    kem,
  );
}

/** Beside fixed values: whatever one implementation encapsulates, every one opens. */
export async function checkRoundTrips(kems: readonly Kem[]): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const ofI of kems) {
    for (const ofR of kems) {
      const pair = await ofI.generate();
      const { ct, ss } = await ofR.encapsulate(pair.ek);
      if (toHex(await pair.decapsulate(ct)) !== toHex(ss)) {
        differences.push({ name: `${ofR.kind} to ${ofI.kind}`, detail: "the shared secrets differ" });
      }
    }
  }
  return differences;
}

async function checkSession(fields: JsonObject, kem: Kem): Promise<readonly Difference[]> {
  const { inputs, differences } = readInputs(fields);
  if (inputs === undefined) return differences;
  const values = await computeSession(inputs, kem);
  await adoptExamples(fields, { inputs, kem, values });
  for (const [name, expected] of Object.entries(fields)) {
    if (name === "note" || name.startsWith("in.")) continue;
    const computed = values.get(name);
    if (computed === undefined) differences.push({ name, detail: "unknown key" });
    else if (computed !== expected) differences.push({ name, detail: `computed ${abridged(computed)}` });
  }
  return differences;
}

function readInputs(fields: JsonObject): { inputs?: SessionInputs; differences: Difference[] } {
  const differences: Difference[] = [];
  const inputs = new Map<string, Bytes>();
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith("in.")) continue;
    const known = INPUTS.find((input) => `in.${input}` === name);
    if (known === undefined) differences.push({ name, detail: "unknown key" });
    else if (typeof value !== "string") differences.push({ name, detail: "not a string" });
    else inputs.set(known, fromHex(value));
  }
  for (const name of INPUTS) {
    if (!inputs.has(name)) differences.push({ name: `in.${name}`, detail: "missing" });
  }
  if (inputs.size < INPUTS.length) return { differences };
  return { inputs: Object.fromEntries(inputs) as SessionInputs, differences };
}

/**
 * The example signal and chat are plain text beside their sealed forms. A file may bring others; they are taken if
 * they seal to what stands beside them, so that a mistake in the text is named as one in the text.
 */
async function adoptExamples(
  fields: JsonObject,
  { inputs, kem, values }: { inputs: SessionInputs; kem: Kem; values: Map<string, string> },
): Promise<void> {
  values.set("sealedSignal0.plaintext", EXAMPLES.signal);
  values.set("chatRecord.body", toHex(EXAMPLES.chatBody));
  const signal = fields["sealedSignal0.plaintext"];
  const chatBody = fields["chatRecord.body"];
  if (typeof signal !== "string" || typeof chatBody !== "string") return;
  if (signal === EXAMPLES.signal && chatBody === toHex(EXAMPLES.chatBody)) return;
  const own = await computeSession(inputs, kem, { signal, chatBody: fromHex(chatBody) });
  for (const [text, sealed] of EXAMPLE_PAIRS) {
    if (own.get(sealed) !== fields[sealed]) continue;
    values.set(text, String(fields[text]));
    values.set(sealed, String(fields[sealed]));
  }
}

const EXAMPLE_PAIRS = [
  ["sealedSignal0.plaintext", "sealedSignal0"],
  ["chatRecord.body", "chatRecord"],
] as const;

function abridged(value: string): string {
  return encodeUtf8(value).length <= 64 ? value : `${value.slice(0, 64)}…`;
}
