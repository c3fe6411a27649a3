import type { Role } from "../crypto/keys.ts";
import {
  dueAt,
  healthy,
  type Recovery,
  type RecoveryCommand,
  type RecoveryEvent,
} from "../session/v2/connect/recovery/state.ts";
import { advance } from "../session/v2/connect/recovery/table.ts";
import { SILENCE_MS } from "../session/v2/timing.ts";

/** A resumption handshake as one side sees it, named by its HS1: the same name on both sides is the same handshake. */
export type Handshake = { readonly name: number; readonly used: string; heard: number; hasKeys: boolean };

/** The connection that a resumption handshake makes, as one side sees it, until both HELLOs are out. */
type Connection = { readonly name: number; saidHello: boolean; heardHello: boolean };

export type Side = {
  readonly role: Role;
  recovery: Recovery;
  /** `resume` secrets by name, newest first: the connection's, and the epoch's that they came with. */
  resumes: string[];
  /** The name of the connection in use, unless it was closed or has died. */
  connection: number | undefined;
  /** The connection whose re-keys its secrets follow: the last in use. */
  keyedBy: number;
  handshake: Handshake | undefined;
  next: Connection | undefined;
  /** False for the responder until the initiator's first record over a new connection. */
  isSettled: boolean;
  socketUntil: number;
};

/** What goes wrong, when and for how long. A relay that is hit once loses what passes at that moment. */
export type Fault = { at: number; ms: number; what: "network" | "socket-I" | "socket-R" | "relay" };

/**
 * Two sides under the recovery table in a world in which time is a number, and in which network, sockets and relay fail
 * as told. What a side does about it is for the class that extends this one.
 */
export abstract class FaultyWorld {
  readonly sides: readonly [Side, Side] = [side(0), side(1)];
  protected now = 0;
  protected readonly random: () => number;
  readonly #queue: { at: number; order: number; task: () => void }[] = [];
  #order = 0;
  #isNetworkUp = true;
  #isRelayUp = true;

  constructor(faults: readonly Fault[], random: () => number) {
    this.random = random;
    for (const fault of faults) this.at(fault.at, () => this.#fail(fault));
  }

  /** @param check - is called after everything that happens */
  run(until: number, check: () => void): void {
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.now = Math.max(this.now, next.at);
      next.task();
      check();
    }
  }

  protected abstract obey(each: Side, command: RecoveryCommand): void;

  #next(until: number): { at: number; task: () => void } | undefined {
    const ticks = this.sides.map((each) => ({
      at: dueAt(each.recovery),
      task: () => this.hear(each, { type: "tick" }),
    }));
    this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
    const [tick] = ticks.sort((a, b) => a.at - b.at);
    const [queued] = this.#queue;
    if (tick && tick.at <= Math.min(queued?.at ?? until, until)) return tick;
    return queued && queued.at <= until ? this.#queue.shift() : undefined;
  }

  protected at(at: number, task: () => void): void {
    this.#queue.push({ at, order: this.#order++, task });
  }

  protected in(from: number, to: number, task: () => void): void {
    this.at(this.now + from + this.random() * (to - from), task);
  }

  protected other({ role }: Side): Side {
    return this.sides[role === 0 ? 1 : 0];
  }

  protected get isNetworkUp(): boolean {
    return this.#isNetworkUp;
  }

  /** Whether what is said now, or arrives now, gets through. */
  protected hasSocket({ socketUntil }: Side): boolean {
    return socketUntil <= this.now && this.#isRelayUp;
  }

  #fail({ ms, what }: Fault): void {
    const end = this.now + ms;
    switch (what) {
      case "network":
        if (!this.#isNetworkUp) return;
        this.#isNetworkUp = false;
        for (const each of this.sides) this.noticeOutage(each);
        this.at(end, () => this.#networkIsBack());
        break;
      case "relay":
        this.#isRelayUp = false;
        this.at(end, () => {
          this.#isRelayUp = true;
        });
        break;
      case "socket-I":
      case "socket-R": {
        const each = this.sides[what === "socket-I" ? 0 : 1];
        each.socketUntil = Math.max(each.socketUntil, end);
        this.at(end, () => {
          if (this.sides.some(({ socketUntil }) => socketUntil > this.now)) return;
          for (const one of this.sides) this.hear(one, { type: "signaling-restored" });
        });
      }
    }
  }

  protected noticeOutage(each: Side): void {
    const { connection } = each;
    const ifStill = (event: RecoveryEvent) => () => {
      if (!this.#isNetworkUp && each.connection === connection && connection !== undefined)
        this.hear(each, event);
    };
    this.in(1_000, 8_000, ifStill({ type: "disconnected" }));
    this.in(15_000, 40_000, () => {
      if (!this.#isNetworkUp) this.connectionDies(each, connection);
    });
    this.in(SILENCE_MS, SILENCE_MS + 1, ifStill({ type: "silence" }));
  }

  #networkIsBack(): void {
    this.#isNetworkUp = true;
    for (const each of this.sides) {
      const { connection } = each;
      this.in(0, 3_000, () => {
        if (this.carries(connection)) this.hear(each, { type: "connected" });
        else this.connectionDies(each, connection);
      });
    }
  }

  protected connectionDies(each: Side, connection: number | undefined): void {
    if (connection === undefined || each.connection !== connection) return;
    each.connection = undefined;
    this.hear(each, { type: "dead" });
    const other = this.other(each);
    this.in(0, 10_000, () => this.connectionDies(other, connection)); // As soon as its own ICE finds out.
  }

  protected carries(connection: number | undefined): boolean {
    return (
      connection !== undefined &&
      this.#isNetworkUp &&
      this.sides.every((each) => each.connection === connection)
    );
  }

  protected hear(each: Side, event: RecoveryEvent): void {
    const [recovery, commands] = advance(each.recovery, event, this.now);
    each.recovery = recovery;
    for (const command of commands) this.obey(each, command);
  }
}

function side(role: Role): Side {
  return {
    role,
    recovery: healthy(role, true),
    resumes: ["0.0"],
    connection: 0,
    keyedBy: 0,
    handshake: undefined,
    next: undefined,
    isSettled: true,
    socketUntil: 0,
  };
}

/** The initiator's new secrets go with its handshake; the responder has put them among its own. */
export function drop(each: Side): void {
  each.handshake = undefined;
  each.next = undefined;
}
