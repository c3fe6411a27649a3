/** A unique value that must leave no trace: a text, a name, or the bytes of a key. */
export type Canary = { readonly name: string; readonly value: string | Uint8Array };

/** A part of a canary in one of the encodings in which it may lie on a disk. */
export type Needle = { readonly canary: string; readonly encoding: string; readonly bytes: Uint8Array };

/**
 * The length of a part. Databases split and compress what they keep: LevelDB's Snappy replaces what it has seen before,
 * SQLite continues a value in another page. Any run of twice this length that survives whole holds a whole part, and a
 * part of eight random bytes occurs nowhere by chance.
 */
const PART_BYTES = 8;

type Encoding = { readonly name: string; encode(bytes: Buffer, text: string | undefined): readonly Buffer[] };

const ascii = (text: string) => Buffer.from(text, "latin1");

const ENCODINGS: readonly Encoding[] = [
  { name: "utf-8 or bytes", encode: (bytes) => [bytes] },
  { name: "utf-16, little end first", encode: (_, text) => (text === undefined ? [] : [utf16(text)]) },
  { name: "utf-16, big end first", encode: (_, text) => (text === undefined ? [] : [utf16(text).swap16()]) },
  { name: "latin-1", encode: (_, text) => (isLatin1(text) ? [ascii(text)] : []) },
  { name: "hex", encode: (bytes) => bothCases(bytes.toString("hex")) },
  { name: "base64", encode: (bytes) => atEachOffset(bytes, (run) => run.toString("base64")) },
  { name: "base64url", encode: (bytes) => atEachOffset(bytes, (run) => run.toString("base64url")) },
  { name: "percent", encode: (_, text) => (text === undefined ? [] : percent(text)) },
  { name: "JSON escapes", encode: (_, text) => (text === undefined ? [] : bothCases(jsonEscaped(text))) },
];

/** Each part of each canary in each encoding. @throws where a canary is too short to be unique */
export function needlesOf(canaries: readonly Canary[]): Needle[] {
  return canaries.flatMap(({ name, value }) => {
    if (Buffer.from(value).length < PART_BYTES)
      throw new Error(`the canary ${name} is too short to be unique`);
    return distinct(name, value);
  });
}

/** The needles of one canary. What two encodings write alike is one needle, named after the first. */
function distinct(canary: string, value: string | Uint8Array): Needle[] {
  const found = new Map<string, Needle>();
  for (const { name: encoding, encode } of ENCODINGS) {
    for (const part of parts(value)) {
      for (const bytes of encode(Buffer.from(part), typeof part === "string" ? part : undefined)) {
        const key = bytes.toString("latin1");
        if (!found.has(key)) found.set(key, { canary, encoding, bytes: new Uint8Array(bytes) });
      }
    }
  }
  return [...found.values()];
}

/** Cut into parts of at least eight bytes, the last one overlapping; texts between characters. */
function parts(value: string | Uint8Array): (string | Uint8Array)[] {
  const units = typeof value === "string" ? [...value] : [...value].map((byte) => Uint8Array.of(byte));
  const forwards = runs(units);
  const [last = []] = runs(units.toReversed());
  return [...forwards, last.toReversed()].map(joined);
}

type Unit = string | Uint8Array;

/** Whole parts from the front. A rest that is too short for a part is left out. */
function runs(units: readonly Unit[]): Unit[][] {
  const found: Unit[][] = [];
  let run: Unit[] = [];
  for (const unit of units) {
    run.push(unit);
    if (Buffer.from(joined(run)).length < PART_BYTES) continue;
    found.push(run);
    run = [];
  }
  return found;
}

function joined(units: readonly Unit[]): string | Uint8Array {
  const texts = units.filter((unit) => typeof unit === "string");
  return texts.length === units.length
    ? texts.join("")
    : Buffer.concat(units.map((unit) => Buffer.from(unit)));
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le");
}

function isLatin1(text: string | undefined): text is string {
  return text !== undefined && /^[\0-\xff]*$/.test(text);
}

function bothCases(text: string): Buffer[] {
  return [ascii(text.toLowerCase()), ascii(text.toUpperCase())];
}

/** The three base64 texts of a run, by where it began, without the characters that also hold bits of its neighbours. */
function atEachOffset(bytes: Buffer, encode: (run: Buffer) => string): Buffer[] {
  return [0, 1, 2].map((offset) => {
    const text = encode(Buffer.concat([Buffer.alloc(offset), bytes])).replace(/=+$/, "");
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    return ascii(text.slice(Math.ceil((offset * 8) / 6), whole));
  });
}

/** The percent encodings of addresses and of forms. */
function percent(text: string): Buffer[] {
  const encoded = encodeURIComponent(text);
  const form = encoded.replaceAll("%20", "+");
  return [encoded, form, encoded.replace(/%../g, (escaped) => escaped.toLowerCase())].map(ascii);
}

function jsonEscaped(text: string): string {
  const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(/[^\x20-\x7e]/g, unit);
}
