/** How often each thing is measured: `usual` times, or as often as BENCH_ROUNDS says for a first look. */
export function rounds(usual: number): number {
  return Number(process.env.BENCH_ROUNDS ?? usual);
}
