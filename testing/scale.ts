/**
 * The one number that sizes the proofs: 0.01 in `npm test` and `npm run test:wide`, 1 in `npm run test:long`, which runs them at the
 * figures that the project promises.
 */
export const SCALE = Number(process.env.SCALE ?? "0.01");

/** The size of a proof: `full` at SCALE 1, proportionally less below, and never less than `min`. */
export function scaled(full: number, min = 1): number {
  return Math.max(min, Math.round(full * SCALE));
}
