import type { ErrorCode } from "@nullroom/core/errors";

/** What is counted: how often, and never who. Names are those of Prometheus without `nullroom_` and `_total`. */
const COUNTED = {
  rooms_created: "Rooms made, both protocols.",
  seats_taken: "Joins and resumes that found a seat.",
  joins_refused: "Joins, resumes and subscriptions that did not.",
  signals_relayed: "Signals handed to the other seat.",
  signals_dropped: "Signals for a seat without a live socket.",
  sockets_opened: "Cable sockets accepted.",
  sockets_refused: "Cable sockets refused before the upgrade.",
  sockets_misbehaved: "Sockets closed for what they sent.",
  sockets_silent: "Sockets closed for sending nothing.",
  rate_limited: "Requests and joins over their limit.",
  http_refused: "HTTP requests answered with 4xx.",
  http_failed: "HTTP requests answered with 5xx.",
  relay_failures: "Times the relay provider handed out nothing.",
} as const;

export type Counter = keyof typeof COUNTED;

/** Counts since the start, gauges that are read when somebody looks, and errors by their class. */
export class Counters {
  readonly #counts = new Map<Counter, number>();
  readonly #errors = new Map<ErrorClass, number>();
  readonly #gauges = new Map<string, () => number>();

  add(counter: Counter): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + 1);
  }

  error(thrown: unknown): void {
    const name = errorClass(thrown);
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** Error classes and how often, for the log. */
  errors(): ReadonlyMap<ErrorClass, number> {
    return this.#errors;
  }

  get(counter: Counter): number {
    return this.#counts.get(counter) ?? 0;
  }

  /** All of it in Prometheus's text format. */
  render(): string {
    const lines: string[] = [];
    for (const [name, help] of Object.entries(COUNTED)) {
      lines.push(`# HELP nullroom_${name}_total ${help}`, `# TYPE nullroom_${name}_total counter`);
      lines.push(`nullroom_${name}_total ${this.#counts.get(name as Counter) ?? 0}`);
    }
    lines.push("# TYPE nullroom_errors_total counter");
    for (const [name, count] of this.#errors) lines.push(`nullroom_errors_total{class="${name}"} ${count}`);
    for (const [name, read] of this.#gauges) {
      lines.push(`# TYPE nullroom_${name} gauge`, `nullroom_${name} ${read()}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** An error code of ours or of Node, or the name of a class that the runtime throws. */
export type ErrorClass = ErrorCode | string;

/** The code or class of an error, and nothing that its message or stack could hold. */
export function errorClass(thrown: unknown): ErrorClass {
  if (!(thrown instanceof Error)) return "unknown";
  const { code } = thrown as { code?: unknown };
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : thrown.constructor.name;
}
