/** Readers of environment variables: which values each takes, and the sentence for every other value. */

export type Read<T> = { value: T } | { problem: string };

/** One variable. A `secret` one may also come from the file that NAME_FILE names. */
export type Setting<T> = { name: string; fallback: T; read: (text: string) => Read<T>; secret: boolean };

export function setting<T>(name: string, read: (text: string) => Read<T>, fallback: T): Setting<T> {
  return { name, read, fallback, secret: false };
}

export function secret<T>(name: string, read: (text: string) => Read<T>, fallback: T): Setting<T> {
  return { name, read, fallback, secret: true };
}

export function integer(min: number, max: number): (text: string) => Read<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return { value };
    return { problem: `must be a whole number from ${min} to ${max}` };
  };
}

export function boolean(text: string): Read<boolean> {
  const word = text.toLowerCase();
  if (word === "on" || word === "true") return { value: true };
  if (word === "off" || word === "false") return { value: false };
  return { problem: "must be on or off (true or false)" };
}

export function oneOf<const T extends string>(...words: T[]): (text: string) => Read<T> {
  return (text) => {
    const value = words.find((word) => word === text);
    return value === undefined ? { problem: `must be ${words.join(" or ")}` } : { value };
  };
}

/** Takes any text at all, such as a secret or a directory. */
export function anything(text: string): Read<string> {
  return { value: text };
}

export function host(text: string): Read<string> {
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text))
    return { value: text };
  return { problem: "must be a host name or an address" };
}

export function redisUrl(text: string): Read<string> {
  const { protocol } = URL.canParse(text) ? new URL(text) : { protocol: "" };
  if (protocol === "redis:" || protocol === "rediss:") return { value: text };
  return { problem: "must be an address that begins with redis:// or rediss://" };
}

/** Takes `/name`, with or without a slash at its end; `/` means that there is no base path. */
export function basePath(text: string): Read<string> {
  if (text === "/") return { value: "" };
  if (/^(\/[A-Za-z0-9_~.-]+)+\/?$/.test(text) && !/\/\.{1,2}(\/|$)/.test(text)) {
    return { value: text.replace(/\/$/, "") };
  }
  return { problem: "must be a path such as /rooms-for-two" };
}

/** Takes origins as browsers send them, separated by commas or spaces; `null` is the origin of a file on disk. */
export function origins(text: string): Read<readonly string[]> {
  const value = text.split(/[\s,]+/).filter((part) => part !== "");
  if (value.every((part) => part === "null" || (URL.canParse(part) && new URL(part).origin === part))) {
    return { value };
  }
  return { problem: "must list origins such as https://example.org, or null, separated by commas" };
}

/** The known name that is the fewest single-letter changes away from `name`. */
export function closest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const changes = distance(name, candidate);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Levenshtein's distance, computed row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
