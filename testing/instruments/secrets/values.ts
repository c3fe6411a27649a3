/** A value, and where it was found: a path in an object graph, or an index in a heap. */
export type Found<T> = { readonly where: string; readonly value: T };

export type Values = {
  readonly bytes: readonly Found<Uint8Array>[];
  readonly strings: readonly Found<string>[];
  readonly keys: readonly Found<CryptoKey>[];
};

export const KEY_BYTES = 32;

/** Beyond this a buffer is searched at every fourth byte only: keys inside larger ones lie where structures put them. */
const DENSE_BYTES = 16 * 1024;

/** 32 random bytes have about 30 different values; a text, a header or unused memory has few. */
const FEWEST_DIFFERENT = 14;

/** All bytes, and what strings decode to in every encoding in which they may hold bytes. */
export function allBytes({ bytes, strings }: Values): Found<Uint8Array>[] {
  return [
    ...bytes,
    ...strings.flatMap(({ where, value }) => decoded(value).map((each) => ({ where, value: each }))),
  ];
}

/** Every run of `length` bytes that could be a key, each once. */
export function* windows(
  found: readonly Found<Uint8Array>[],
  length = KEY_BYTES,
): Generator<Found<Uint8Array>> {
  const seen = new Set<string>();
  for (const { where, value } of found) {
    const step = value.length <= DENSE_BYTES ? 1 : 4;
    for (let at = 0; at + length <= value.length; at += step) {
      const window = value.subarray(at, at + length);
      const print = Buffer.from(window).toString("latin1");
      if (seen.has(print) || !isPlausible(window)) continue;
      seen.add(print);
      yield { where: value.length === length ? where : `${where} + ${at}`, value: window };
    }
  }
}

/** The values that hold a known secret, in whatever encoding. */
export function holding(values: Values, secret: Uint8Array): Found<Uint8Array>[] {
  const wanted = Buffer.from(secret);
  return allBytes(values).filter(({ value }) => Buffer.from(value).includes(wanted));
}

function isPlausible(window: Uint8Array): boolean {
  return new Set(window).size >= FEWEST_DIFFERENT;
}

const RUNS = [
  { pattern: /[A-Za-z0-9_-]{43,}/g, decode: (run: string) => Buffer.from(run, "base64url") },
  { pattern: /[A-Za-z0-9+/]{43,}/g, decode: (run: string) => Buffer.from(run, "base64") },
  { pattern: /[0-9a-fA-F]{64,}/g, decode: (run: string) => Buffer.from(run, "hex") },
];

function decoded(text: string): Uint8Array[] {
  const runs = RUNS.flatMap(({ pattern, decode }) => [...text.matchAll(pattern)].map(([run]) => decode(run)));
  const listed = /^\[?\s*\d{1,3}(\s*,\s*\d{1,3}){31,}\s*\]?$/.test(text)
    ? [Buffer.from(JSON.parse(`[${text.replace(/[[\]]/g, "")}]`))]
    : [];
  const binary = text.length >= KEY_BYTES && /^[\0-\xff]*$/.test(text) ? [Buffer.from(text, "latin1")] : [];
  return [...runs, ...listed, ...binary];
}
