import { Session } from "node:inspector/promises";
import { Debugger, type Property, type Remote } from "./debugger.ts";
import type { Found, Values } from "./values.ts";

type Visit = { kind: "seen" | "key" | "object" } | { kind: "bytes"; base64: string };
type Step = { path: string; remote: Remote };

/** More objects than any session has, and far fewer than a process has: a walk that gets there has left the session. */
const MOST_OBJECTS = 50_000;

/** Objects of the runtime itself. Everything can be reached from them, so that the walk does not enter them. */
const WORLD = new Set([
  "Window",
  "global",
  "process",
  "Object [global]",
  "HTMLDocument",
  "Navigator",
  "NodeRequire",
]);
const WORLD_SCOPES = /^(Global|Script)/;
/** The scope of a module. In a test every module leads to every other, so that of a module the walk looks only at data. */
const MODULE_SCOPE = /^Module/;
const MODULE_VARIABLE = /^__vi/;

/**
 * Everything that can be reached from a value of this process, by asking the debugger. It sees what no reflection
 * shows: `#private` fields, the variables that a closure keeps alive, what a promise holds, a WeakMap's entries.
 */
export async function reachableFrom(root: object): Promise<Values> {
  const session = new Session();
  session.connect();
  const slot = `nullroom walk ${Math.random()}`;
  const keys: CryptoKey[] = [];
  Object.defineProperty(globalThis, slot, { value: { root, seen: new Set(), keys }, configurable: true });
  try {
    const { bytes, strings, keyPaths } = await walk(await Debugger.attach(session), slot);
    return { bytes, strings, keys: keys.map((value, index) => ({ where: keyPaths[index] ?? "", value })) };
  } finally {
    Reflect.deleteProperty(globalThis, slot);
    session.disconnect();
  }
}

async function walk(inspector: Debugger, slot: string) {
  const bytes: Found<Uint8Array>[] = [];
  const strings: Found<string>[] = [];
  const keyPaths: string[] = [];
  const collector = await inspector.evaluate(`globalThis[${JSON.stringify(slot)}]`);
  const root = await inspector.evaluate(`globalThis[${JSON.stringify(slot)}].root`);
  const queue: Step[] = [{ path: "session", remote: root }];
  let objects = 0;
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { path, remote } = step;
    if (typeof remote.value === "string") strings.push({ where: path, value: remote.value });
    if (remote.type === "bigint") bytes.push({ where: path, value: bigIntBytes(remote.description ?? "") });
    if (remote.objectId === undefined || isWorld(remote)) continue;

    const visit = await inspector.call<Visit>(remote.objectId, visitThis, collector.objectId);
    if (visit.kind === "seen") continue;
    objects += 1;
    if (objects > MOST_OBJECTS) throw new Error(`the walk left the session somewhere before ${path}`);
    if (visit.kind === "bytes") bytes.push({ where: path, value: Buffer.from(visit.base64, "base64") });
    if (visit.kind === "key") keyPaths.push(path);
    queue.push(...(await neighbours(inspector, step)));
  }
  return { bytes, strings, keyPaths };
}

/** Runs where the object is: says what it is, and hands over its memory, the whole of it where it is only a view. */
function visitThis(this: unknown, collector: { seen: Set<unknown>; keys: unknown[] }): Visit {
  if (collector.seen.has(this)) return { kind: "seen" };
  collector.seen.add(this);
  const isKey = (value: unknown) => {
    try {
      return value instanceof CryptoKey && typeof value.type === "string";
    } catch {
      return false; // because the prototype of all keys is none, and its getters throw.
    }
  };
  if (isKey(this)) {
    collector.keys.push(this);
    return { kind: "key" };
  }
  const memory = ArrayBuffer.isView(this) ? this.buffer : this;
  if (
    memory instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer === "function" && memory instanceof SharedArrayBuffer)
  ) {
    if (memory !== this && collector.seen.has(memory)) return { kind: "object" };
    collector.seen.add(memory);
    let binary = "";
    for (const byte of new Uint8Array(memory)) binary += String.fromCharCode(byte);
    return { kind: "bytes", base64: btoa(binary) };
  }
  const isByteList =
    Array.isArray(this) &&
    this.length >= 16 &&
    Array.prototype.every.call(this, (item) => Number.isInteger(item) && item >= 0 && item < 256);
  return isByteList
    ? { kind: "bytes", base64: btoa(String.fromCharCode(...(this as number[]))) }
    : { kind: "object" };
}

async function neighbours(inspector: Debugger, { path, remote }: Step): Promise<Step[]> {
  // The elements of memory are the bytes that have just been taken.
  if (["typedarray", "arraybuffer", "dataview"].includes(remote.subtype ?? "")) return [];
  const properties = await inspector.properties(remote);
  if (properties.some(({ value }) => inspector.isRuntimeLocation(value))) return [];
  const isModule = isModuleScope(remote, properties);
  return properties.flatMap(({ name, value, get, set }) =>
    [value, get, set].flatMap((next) => {
      if (next === undefined) return [];
      if (isModule && (next.type === "function" || MODULE_VARIABLE.test(name))) return [];
      return [{ path: `${path}.${name}`, remote: next }];
    }),
  );
}

function isWorld({ type, subtype, className, description = "" }: Remote): boolean {
  if (type === "symbol") return true; // It has an id and holds nothing.
  if (WORLD.has(className ?? "")) return true;
  if (subtype === "internal#scope") return WORLD_SCOPES.test(description);
  // Bound functions are native too, and keep what they were bound to.
  return (
    type === "function" && description.includes("[native code]") && !description.startsWith("function () {")
  );
}

function isModuleScope({ subtype, description = "" }: Remote, properties: readonly Property[]): boolean {
  if (subtype !== "internal#scope") return false;
  return MODULE_SCOPE.test(description) || properties.some(({ name }) => MODULE_VARIABLE.test(name));
}

function bigIntBytes(description: string): Uint8Array {
  const hex = BigInt(description.replace(/n$/, "").replace("-", "")).toString(16);
  const bytes = Buffer.from(hex.padStart(Math.max(64, hex.length + (hex.length % 2)), "0"), "hex");
  // Both orders: curve libraries read their scalars from the little end.
  return Buffer.concat([bytes, Buffer.from(bytes).reverse()]);
}
