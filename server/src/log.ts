import type { Counters } from "./counters.ts";

/**
 * All that this program ever says: that it started, that it stops, and which classes of error were counted.
 * `debug` adds shapes (which kind of message, how long) for whoever builds on it: no id, address or payload.
 */
export type Log = {
  say(sentence: string): void;
  /** Present only with NULLROOM_LOG=debug, so that nobody formats what nobody reads. */
  shape: ((what: string) => void) | undefined;
};

export function createLog(level: "off" | "debug", write: (line: string) => void): Log {
  return {
    say: (sentence) => write(`${sentence}\n`),
    shape: level === "debug" ? (what) => write(`debug: ${what}\n`) : undefined,
  };
}

const REPORT_INTERVAL_MS = 60_000;

/** At most once a minute, and only when something went wrong in it: which classes of error, how often. */
export function reportErrors(counters: Counters, log: Log, signal: AbortSignal): void {
  const told = new Map<string, number>();
  const timer = setInterval(() => {
    const news: string[] = [];
    for (const [name, count] of counters.errors()) {
      const before = told.get(name) ?? 0;
      if (count > before) news.push(`${name} ${count - before}`);
      told.set(name, count);
    }
    if (news.length > 0) log.say(`nullroom: errors in the last minute: ${news.join(", ")}`);
  }, REPORT_INTERVAL_MS);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
