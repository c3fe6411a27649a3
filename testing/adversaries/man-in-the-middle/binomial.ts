/**
 * How often something of chance `p` happens in `n` tries, unless one is less lucky than `alarm` on either side: a
 * test that holds an honest count to this is wrong about it that seldom.
 */
export function expectedCount(n: number, p: number, alarm = 1e-9): { least: number; most: number } {
  return { least: lowest(n, p, alarm), most: n - lowest(n, 1 - p, alarm) };
}

/** The smallest count that is not, with all below it together, rarer than `alarm`. */
function lowest(n: number, p: number, alarm: number): number {
  let logarithm = n * Math.log1p(-p); // Of the chance of none at all, which itself may be too small for a number.
  let below = 0;
  for (let count = 0; count < n; count++) {
    below += Math.exp(logarithm);
    if (below > alarm) return count;
    logarithm += Math.log((n - count) / (count + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return n;
}
