/** What was measured of each contender, round by round. */
export class Measurements {
  readonly #values = new Map<string, Map<string, number[]>>();

  add(metric: string, contender: string, value: number): void {
    const row = this.#values.get(contender) ?? new Map<string, number[]>();
    row.set(metric, [...(row.get(metric) ?? []), value]);
    this.#values.set(contender, row);
  }

  /** A table of medians. In brackets stand the ratio to the limit's median, and the quartiles of the ratios of all rounds. */
  table(limit: string): string {
    const metrics = [...new Set([...this.#values.values()].flatMap((row) => [...row.keys()]))];
    const rows = [...this.#values.keys()].map((name) => [
      name,
      ...metrics.map((metric) => this.#cell(name, metric, limit)),
    ]);
    return layOut([["", ...metrics], ...rows]);
  }

  median(metric: string, contender: string): number | undefined {
    return quantile(this.#valuesOf(metric, contender), 0.5);
  }

  #valuesOf(metric: string, contender: string): readonly number[] {
    return this.#values.get(contender)?.get(metric) ?? [];
  }

  #cell(contender: string, metric: string, limit: string): string {
    const value = this.median(metric, contender);
    if (value === undefined) return "–";
    const base = this.median(metric, limit);
    if (base === undefined) return shown(value);
    const ratio = (value / base).toFixed(2);
    const [low, high] = this.#ratios(metric, contender, limit);
    const spread = low === undefined || high === undefined ? "" : `, ${low.toFixed(2)}–${high.toFixed(2)}`;
    return `${shown(value)} (${ratio}${contender === limit ? "" : spread})`;
  }

  /** The quartiles of the ratios within a round: what slows the machine down for a while slows down both. */
  #ratios(metric: string, contender: string, limit: string): [number | undefined, number | undefined] {
    const bases = this.#valuesOf(metric, limit);
    const ratios = this.#valuesOf(metric, contender).flatMap((value, round) => {
      const base = bases[round];
      return base === undefined ? [] : [value / base];
    });
    return [quantile(ratios, 0.25), quantile(ratios, 0.75)];
  }
}

/** The quantile of the values, interpolated linearly. */
function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at - Math.floor(at));
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function layOut(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
