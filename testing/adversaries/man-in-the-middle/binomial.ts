/**
 * The bounds of how often something with probability `p` happens in `n` tries. A count outside of them has a probability
 * below `alarm` on either side, so that a test which demands them fails that seldom by chance.
 */
export function expectedCount(n: number, p: number, alarm = 1e-9): { least: number; most: number } {
  return { least: lowest(n, p, alarm), most: n - lowest(n, 1 - p, alarm) };
}

/** The smallest count which is, together with all below it, at least as probable as `alarm`. */
function lowest(n: number, p: number, alarm: number): number {
  let logarithm = n * Math.log1p(-p); // The probability of none at all may be too small for a number; its logarithm is not.
  let below = 0;
  for (let count = 0; count < n; count++) {
    below += Math.exp(logarithm);
    if (below > alarm) return count;
    logarithm += Math.log((n - count) / (count + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return n;
}
