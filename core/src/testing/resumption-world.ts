import type { Role } from "../crypto/keys.ts";
import type { RecoveryCommand } from "../session/v2/connect/recovery/state.ts";
import { HANDSHAKE_TIMEOUT_MS, HELLO_TIMEOUT_MS, SILENCE_MS } from "../session/v2/timing.ts";
import { moves, after as rekeyed, WORLD, type World } from "./rekey-world.ts";
import { drop, type Fault, FaultyWorld, type Handshake, type Side } from "./resumption-faults.ts";

type Signal =
  | { say: "hs"; step: number; name: number; used: string }
  | { say: "offer"; name: number }
  | { say: "ask"; level: 1 | 2 }
  | { say: "restart" | "restarted" };

/**
 * How two sides resume, with names for secrets. What keys a handshake, what is kept and what is dropped
 * follows spec/3-session.md §8.
 */
export class ResumptionWorld extends FaultyWorld {
  /** Records and re-keys of each connection. */
  readonly #connections = new Map<number, World>([[0, WORLD]]);
  readonly #lastSignalAt: [number, number] = [0, 0];
  #names = 0;

  constructor(faults: readonly Fault[], random: () => number) {
    super(faults, random);
    this.#talk();
  }

  /** The responder cannot know yet which of its two secrets the initiator has. */
  get waitsForInitiator(): boolean {
    const [, r] = this.sides;
    const state = this.#connections.get(r.keyedBy)?.sides[1].state;
    return !r.isSettled || (state?.step === "answered" && state.awaiting.includes(0));
  }

  protected override obey(each: Side, command: RecoveryCommand): void {
    switch (command) {
      case "probe":
        this.in(10, 200, () => {
          if (this.carries(each.connection)) this.hear(each, { type: "proof" });
        });
        break;
      case "restart-ice":
        this.#say(each, { say: "restart" });
        break;
      case "ask-ice-restart":
        this.#say(each, { say: "ask", level: 1 });
        break;
      case "ask-resumption":
        this.#say(each, { say: "ask", level: 2 });
        break;
      case "begin-resumption":
        this.#beginResumption(each);
        break;
      case "close-resumption":
        drop(each);
        break;
      case "give-up":
        this.#giveUp(each);
        break;
      case "interrupt":
      case "resume":
        break;
      default:
        command satisfies never;
    }
  }

  #giveUp(each: Side): void {
    const [other, connection] = [this.other(each), each.connection ?? each.next?.name];
    drop(each);
    each.resumes = [];
    each.connection = undefined;
    if (this.isNetworkUp) this.in(0, 10_000, () => this.connectionDies(other, connection));
    this.in(SILENCE_MS, SILENCE_MS + 15_000, () => {
      if (connection !== undefined && other.connection === connection) this.hear(other, { type: "silence" });
    });
  }

  /** In order, and lost where either socket is down, the relay hit, or anybody gone. */
  #say(from: Side, signal: Signal): void {
    if (!this.hasSocket(from)) return;
    const at = Math.max(this.now + 5 + this.random() * 200, this.#lastSignalAt[from.role]);
    this.#lastSignalAt[from.role] = at;
    const to = this.other(from);
    this.at(at, () => {
      if (this.hasSocket(to) && to.recovery.state.phase !== "lost") this.#hearSignal(to, signal);
    });
  }

  #hearSignal(each: Side, signal: Signal): void {
    switch (signal.say) {
      case "hs":
        this.#hearHandshake(each, signal);
        break;
      case "offer":
        if (each.next?.name === signal.name) this.#connect(signal.name);
        break;
      case "ask":
        this.hear(each, { type: "asked", level: signal.level });
        break;
      case "restart":
        if (each.connection === undefined) break;
        this.#say(each, { say: "restarted" });
        this.hear(each, { type: "restarted" });
        break;
      case "restarted":
        this.#restarted(each);
        break;
      default:
        signal satisfies never;
    }
  }

  #restarted(each: Side): void {
    this.hear(each, { type: "restarted" });
    for (const one of this.sides) {
      const { connection } = one;
      this.in(50, 2_000, () => {
        if (this.carries(connection)) this.hear(one, { type: "connected" });
      });
    }
  }

  /** The initiator's HS1, keyed by its newest secret. Whatever handshake was before it is dropped. */
  #beginResumption(each: Side): void {
    const [used] = each.resumes;
    if (used === undefined) return;
    drop(each);
    this.#names += 1;
    this.#begin(each, { name: this.#names, used, heard: 1, hasKeys: false });
    this.#say(each, { say: "hs", step: 1, name: this.#names, used });
  }

  #begin(each: Side, handshake: Handshake): void {
    drop(each);
    each.handshake = handshake;
    this.at(this.now + HANDSHAKE_TIMEOUT_MS, () => {
      if (each.handshake === handshake && !handshake.hasKeys) this.#handshakeFails(each);
    });
  }

  #hearHandshake(each: Side, { step, name, used }: Extract<Signal, { say: "hs" }>): void {
    if (step === 1) {
      if (!each.resumes.includes(used)) return; // It opens under none of the responder's secrets.
      this.#begin(each, { name, used, heard: 0, hasKeys: false });
    }
    const { handshake } = each;
    if (handshake?.name !== name || step <= handshake.heard) return;
    handshake.heard = step;
    // A re-key over the old connection came first: a side that has new secrets does not say HS5.
    if (step >= 4 && !each.resumes.includes(handshake.used)) {
      this.#handshakeFails(each);
      return;
    }
    if (step < 5) this.#say(each, { say: "hs", step: step + 1, name, used });
    if (step <= 2) this.hear(each, { type: "handshake-answered" });
    if (step >= 4) this.#agree(each, handshake);
  }

  /** A side knows the new keys. The old connection is closed. */
  #agree(each: Side, handshake: Handshake): void {
    const old = each.connection;
    each.connection = undefined;
    this.in(0, 10_000, () => this.connectionDies(this.other(each), old));
    handshake.hasKeys = true;
    if (each.role === 1) each.resumes = [`${handshake.name}.0`, handshake.used];
    if (each.role === 1) each.isSettled = false;
    const next = { name: handshake.name, saidHello: false, heardHello: false };
    each.next = next;
    this.hear(each, { type: "agreed" });
    if (each.role === 0) this.#say(each, { say: "offer", name: handshake.name });
    this.at(this.now + HELLO_TIMEOUT_MS, () => {
      if (each.next === next) this.#handshakeFails(each);
    });
  }

  #handshakeFails(each: Side): void {
    const [other, name] = [this.other(each), each.next?.name];
    this.in(0, 10_000, () => this.connectionDies(other, name)); // It may be in use there.
    drop(each);
    this.hear(each, { type: "handshake-failed" });
  }

  #connect(name: number): void {
    for (const each of this.sides) {
      this.in(50, 2_000, () => {
        const { next } = each;
        if (next?.name !== name || !this.isNetworkUp) return;
        this.hear(each, { type: "new-connected" });
        next.saidHello = true;
        this.in(5, 300, () => this.#hello(this.other(each), name));
        this.#secure(each);
      });
    }
  }

  #hello(each: Side, name: number): void {
    if (each.next?.name !== name || !this.isNetworkUp) return;
    each.next.heardHello = true;
    this.#secure(each);
  }

  #secure(each: Side): void {
    const { next, handshake } = each;
    if (!next?.saidHello || !next.heardHello || handshake === undefined) return;
    each.connection = next.name;
    each.keyedBy = next.name;
    drop(each);
    if (each.role === 0) each.resumes = [`${next.name}.0`];
    if (!this.#connections.has(next.name)) this.#connections.set(next.name, WORLD);
    this.hear(each, { type: "secured" });
    if (!this.isNetworkUp) this.noticeOutage(each);
    // The initiator's first record proves to the responder that it has the new keys.
    if (each.role === 0) this.#step(next.name, { move: "talk", role: 0, channel: 0 });
  }

  /** Records move and re-keys happen on whatever connection there is. */
  #talk(): void {
    this.in(50, 3_000, () => {
      const connection = this.sides[Math.floor(this.random() * 2)]?.connection;
      const world = connection === undefined ? undefined : this.#connections.get(connection);
      if (connection !== undefined && world) {
        const isFree = ({ move, role }: { move: string; role: Role }) =>
          move === "deliver"
            ? this.carries(connection)
            : this.sides[role].connection === connection &&
              this.sides[role].recovery.state.phase === "healthy";
        const possible = moves(world, 3).filter(isFree);
        const move = possible[Math.floor(this.random() * possible.length)];
        if (move) this.#step(connection, move);
      }
      this.#talk();
    });
  }

  #step(connection: number, move: ReturnType<typeof moves>[number]): void {
    const before = this.#connections.get(connection) ?? WORLD;
    const [, r] = this.sides;
    if (move.move === "deliver" && move.role === 0 && !r.isSettled) {
      r.isSettled = true;
      r.resumes = r.resumes.slice(0, 1);
    }
    const next = rekeyed(before, move);
    this.#connections.set(connection, next);
    for (const each of this.sides) {
      const { resumes } = next.sides[each.role];
      if (resumes === before.sides[each.role].resumes || each.connection !== connection) continue;
      each.resumes = resumes.map((epoch) => `${connection}.${epoch}`);
    }
  }
}
