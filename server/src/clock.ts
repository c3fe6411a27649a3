/**
 * Monotonic milliseconds, whole: an object holds whole numbers itself, where any other is an object of its own,
 * and every socket notes a dozen times.
 */
export function wholeMs(): number {
  return Math.floor(performance.now());
}
