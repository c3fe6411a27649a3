/** How often each thing is measured; BENCH_ROUNDS says otherwise, for a first look. */
export function rounds(usual: number): number {
  return Number(process.env.BENCH_ROUNDS ?? usual);
}
