import type { Counters } from "./counters.ts";

/**
 * All that this program ever prints: that it started, that it stops, and which classes of error were counted. `debug`
 * adds shapes for developers, which are the kind and the length of a message and no id, address or payload.
 */
export type Log = {
  say(sentence: string): void;
  /** Present only with NULLROOM_LOG=debug, so that no text is formatted that is not printed. */
  logShape: ((what: string) => void) | undefined;
};

export function createLog(level: "off" | "debug", write: (line: string) => void): Log {
  return {
    say: (sentence) => write(`${sentence}\n`),
    logShape: level === "debug" ? (what) => write(`debug: ${what}\n`) : undefined,
  };
}

const REPORT_INTERVAL_MS = 60_000;

/**
 * Say at most once a minute, and only when something went wrong in it, which classes of error were counted how often.
 */
export function reportErrors(counters: Counters, log: Log, signal: AbortSignal): void {
  const reported = new Map<string, number>();
  const timer = setInterval(() => {
    const changes: string[] = [];
    for (const [name, count] of counters.errors()) {
      const before = reported.get(name) ?? 0;
      if (count > before) changes.push(`${name} ${count - before}`);
      reported.set(name, count);
    }
    if (changes.length > 0) log.say(`nullroom: errors in the last minute: ${changes.join(", ")}`);
  }, REPORT_INTERVAL_MS);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
