import type { NodeBus } from "../rooms/bus.ts";
import { Connection } from "./connection.ts";
import type { CableContext } from "./context.ts";
import { PingWheel } from "./ping-wheel.ts";
import { SignalBudgets } from "./signal-budget.ts";
import type { Socket } from "./socket.ts";
import { Switchboard } from "./switchboard.ts";

export type CableDeps = Omit<CableContext, "switchboard" | "budgets"> & { bus: NodeBus };

/** All sockets of this node. It knows no socket library: `upgrade.ts` brings the sockets, and tests bring fakes. */
export class Cable {
  readonly #context: CableContext;
  readonly #pingWheel: PingWheel;
  /** Each connection with its slice of the ping wheel. */
  readonly #connections = new Map<Connection, number>();
  #draining = false;
  #onEmpty: (() => void) | undefined;

  constructor({ bus, ...context }: CableDeps) {
    this.#context = { ...context, switchboard: new Switchboard(bus), budgets: new SignalBudgets() };
    this.#pingWheel = new PingWheel(context.now);
    context.store.onReturn(() => this.#restore());
    context.counters.gauge("sockets", () => this.sockets);
    context.counters.gauge("seats", () => this.seats);
  }

  connect(socket: Socket, address: string): Connection {
    const connection = new Connection(socket, address, this.#context);
    this.#connections.set(connection, this.#pingWheel.add(connection));
    return connection;
  }

  disconnected(connection: Connection): void {
    const slice = this.#connections.get(connection);
    if (slice !== undefined) this.#pingWheel.remove(connection, slice);
    this.#connections.delete(connection);
    connection.closed();
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  get sockets(): number {
    return this.#connections.size;
  }

  /** How many seats sockets of this node hold or are asking for. */
  get seats(): number {
    return this.#context.switchboard.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Take no new sockets and ask every client to come back in a moment. No client is told that the other one left. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections.keys()) connection.drain();
  }

  /** Resolves when the last socket is gone, or after `withinMs`. */
  async waitUntilEmpty(withinMs: number): Promise<void> {
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        setTimeout(resolve, withinMs);
      });
    }
    this.#pingWheel.stop();
  }

  #restore(): void {
    for (const connection of this.#connections.keys()) connection.restore();
  }
}
