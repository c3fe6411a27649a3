import type { NodeBus } from "../rooms/bus.ts";
import { Connection } from "./connection.ts";
import type { CableContext } from "./context.ts";
import { PingWheel } from "./ping-wheel.ts";
import { SignalBudgets } from "./signal-budget.ts";
import type { Socket } from "./socket.ts";
import { Switchboard } from "./switchboard.ts";

export type CableDeps = Omit<CableContext, "switchboard" | "budgets"> & { bus: NodeBus };

/** Every socket of this node. Knows no socket library: `upgrade.ts` brings them, tests bring fakes. */
export class Cable {
  readonly #context: CableContext;
  readonly #rounds: PingWheel;
  /** Each with its slice of the rounds. */
  readonly #connections = new Map<Connection, number>();
  #draining = false;
  #emptied: (() => void) | undefined;

  constructor({ bus, ...context }: CableDeps) {
    this.#context = { ...context, switchboard: new Switchboard(bus), budgets: new SignalBudgets() };
    this.#rounds = new PingWheel(context.now);
    context.store.onReturn(() => this.#restore());
    context.counters.gauge("sockets", () => this.sockets);
    context.counters.gauge("seats", () => this.seats);
  }

  connect(socket: Socket, address: string): Connection {
    const connection = new Connection(socket, address, this.#context);
    this.#connections.set(connection, this.#rounds.add(connection));
    return connection;
  }

  disconnected(connection: Connection): void {
    const slice = this.#connections.get(connection);
    if (slice !== undefined) this.#rounds.remove(connection, slice);
    this.#connections.delete(connection);
    connection.closed();
    if (this.#connections.size === 0) this.#emptied?.();
  }

  get sockets(): number {
    return this.#connections.size;
  }

  /** Seats held or being asked for, by sockets of this node. */
  get seats(): number {
    return this.#context.switchboard.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** No new sockets; everybody here is asked to come back in a moment, and nobody is told that anybody left. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections.keys()) connection.drain();
  }

  /** Resolves when the last socket has gone, or after `withinMs`. */
  async empty(withinMs: number): Promise<void> {
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
        setTimeout(resolve, withinMs);
      });
    }
    this.#rounds.stop();
  }

  #restore(): void {
    for (const connection of this.#connections.keys()) connection.restore();
  }
}
