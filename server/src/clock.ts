/**
 * Monotonic milliseconds, rounded down to whole ones: V8 keeps a small whole number inside an object and any other
 * number as an object of its own, and every socket notes a dozen times.
 */
export function wholeMs(): number {
  return Math.floor(performance.now());
}
