import { createHmac, randomBytes } from "node:crypto";
import { type LimitedAction, type Limiter, RULES, type Rule, type Verdict } from "./limiter.ts";
import { addressPrefix } from "./prefix.ts";

/** How long a key is used: the longest window of any rule, so that two generations hold all that a rule looks at. */
const KEY_ROTATION_MS = 10 * 60_000;

/** How often an idle process checks whether its key has to be replaced. */
const ROTATION_CHECK_INTERVAL_MS = 30_000;

/**
 * How many prefixes a generation remembers, about 4 MB. Beyond it the oldest is forgotten instead of a newcomer
 * refused: no limit per prefix stops somebody who commands more prefixes than this, and they must not lock others out.
 */
const MAX_PREFIXES = 20_000;

/** A key and what was admitted under it: times in milliseconds, oldest first. */
type Generation = { key: Buffer; bornAt: number; admitted: Map<string, number[]> };

export type LimiterOptions = {
  rules?: Record<LimitedAction, readonly Rule[]>;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  maxPrefixes?: number;
};

/**
 * Exact sliding windows in bounded memory. An address is held only as its HMAC under a key that never leaves this
 * object and is replaced every ten minutes. The key before it is kept for ten minutes more, because a window may reach
 * back into its time. Each process counts by itself, since sharing counts would mean to store who was here.
 */
export class MemoryLimiter implements Limiter {
  readonly #rules: Record<LimitedAction, readonly Rule[]>;
  readonly #now: () => number;
  readonly #maxPrefixes: number;
  readonly #rotation: NodeJS.Timeout;
  #current: Generation;
  #previous: Generation | undefined;

  constructor({
    rules = RULES,
    now = () => performance.now(),
    maxPrefixes = MAX_PREFIXES,
  }: LimiterOptions = {}) {
    this.#rules = rules;
    this.#now = now;
    this.#maxPrefixes = maxPrefixes;
    this.#current = newGeneration(now());
    this.#rotation = setInterval(() => this.#rotate(this.#now()), ROTATION_CHECK_INTERVAL_MS).unref();
  }

  admit(action: LimitedAction, address: string): Verdict {
    const now = this.#now();
    this.#rotate(now);
    const who = `${action} ${addressPrefix(address)}`;
    const name = hashed(this.#current, who);
    const recent = this.#current.admitted.get(name) ?? [];
    const earlier = this.#previous?.admitted.get(hashed(this.#previous, who)) ?? [];

    const rules = this.#rules[action];
    const retryAfterMs = Math.max(...rules.map((rule) => waitFor(rule, [...earlier, ...recent], now)));
    if (retryAfterMs > 0) return { admitted: false, retryAfterMs };

    this.#remember(name, [...recent.filter((at) => at > now - longest(rules)), now]);
    return { admitted: true };
  }

  /** How many prefixes are held at the moment, for tests that memory is bounded. */
  get size(): number {
    return this.#current.admitted.size + (this.#previous?.admitted.size ?? 0);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#rotation);
  }

  #remember(name: string, times: number[]): void {
    const { admitted } = this.#current;
    admitted.delete(name); // Set anew it comes last, so that the first is always the one that was seen longest ago.
    admitted.set(name, times);
    if (admitted.size <= this.#maxPrefixes) return;
    for (const oldest of admitted.keys()) {
      admitted.delete(oldest);
      return;
    }
  }

  #rotate(now: number): void {
    const age = now - this.#current.bornAt;
    if (age < KEY_ROTATION_MS) return;
    this.#previous = age < 2 * KEY_ROTATION_MS ? this.#current : undefined;
    this.#current = newGeneration(now);
  }
}

/** How many milliseconds until `rule` allows one more after `times`, which are oldest first; 0 means now. */
function waitFor({ count, windowMs }: Rule, times: number[], now: number): number {
  // Once this one has left the window, one more is allowed.
  const blocking = times[times.length - count];
  return blocking === undefined ? 0 : Math.max(0, blocking + windowMs - now);
}

function longest(rules: readonly Rule[]): number {
  return Math.max(...rules.map((rule) => rule.windowMs));
}

function newGeneration(now: number): Generation {
  return { key: randomBytes(32), bornAt: now, admitted: new Map() };
}

function hashed({ key }: Generation, who: string): string {
  return createHmac("sha256", key).update(who).digest("base64url");
}
