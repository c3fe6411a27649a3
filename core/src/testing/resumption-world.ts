import type { Role } from "../crypto/keys.ts";
import type { RecoveryCommand } from "../session/v2/connect/recovery/state.ts";
import { HANDSHAKE_TIMEOUT_MS, HELLO_TIMEOUT_MS, SILENCE_MS } from "../session/v2/timing.ts";
import { moves, after as rekeyed, WORLD, type World } from "./rekey-world.ts";
import { type Call, drop, type Fault, FaultyWorld, type Side } from "./resumption-faults.ts";

type Signal =
  | { say: "hs"; step: number; name: number; used: string }
  | { say: "offer"; name: number }
  | { say: "ask"; level: 1 | 2 }
  | { say: "restart" | "restarted" };

/**
 * How two sides find each other again, with names for secrets. What keys a handshake, what is kept and what is dropped
 * follows spec/3-session.md §8.
 */
export class ResumptionWorld extends FaultyWorld {
  /** Records and re-keys of each connection. */
  readonly #lines = new Map<number, World>([[0, WORLD]]);
  readonly #lastSignalAt: [number, number] = [0, 0];
  #names = 0;

  constructor(faults: readonly Fault[], random: () => number) {
    super(faults, random);
    this.#talk();
  }

  /** R cannot know yet which of its two secrets I has. */
  get waitsForI(): boolean {
    const [, r] = this.sides;
    const state = this.#lines.get(r.keyedBy)?.sides[1].state;
    return !r.isSettled || (state?.step === "answered" && state.awaiting.includes(0));
  }

  protected override obey(each: Side, command: RecoveryCommand): void {
    switch (command) {
      case "probe":
        this.in(10, 200, () => {
          if (this.carries(each.line)) this.hear(each, { type: "proof" });
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
        this.#call(each);
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
    const [other, line] = [this.other(each), each.line ?? each.connection?.name];
    drop(each);
    each.resumes = [];
    each.line = undefined;
    if (this.isNetworkUp) this.in(0, 10_000, () => this.lineDies(other, line));
    this.in(SILENCE_MS, SILENCE_MS + 15_000, () => {
      if (line !== undefined && other.line === line) this.hear(other, { type: "silence" });
    });
  }

  /** In order, and lost where either socket is down, the relay hit, or anybody gone. */
  #say(from: Side, signal: Signal): void {
    if (!this.hasSocket(from)) return;
    const at = Math.max(this.now + 5 + this.random() * 200, this.#lastSignalAt[from.role]);
    this.#lastSignalAt[from.role] = at;
    const to = this.other(from);
    this.at(at, () => {
      if (this.hasSocket(to) && to.recovery.state.phase !== "lost") this.#take(to, signal);
    });
  }

  #take(each: Side, signal: Signal): void {
    switch (signal.say) {
      case "hs":
        this.#handshake(each, signal);
        break;
      case "offer":
        if (each.connection?.name === signal.name) this.#connect(signal.name);
        break;
      case "ask":
        this.hear(each, { type: "asked", level: signal.level });
        break;
      case "restart":
        if (each.line === undefined) break;
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
      const { line } = one;
      this.in(50, 2_000, () => {
        if (this.carries(line)) this.hear(one, { type: "connected" });
      });
    }
  }

  /** I's HS1, keyed by its newest secret. What was before it is dropped. */
  #call(each: Side): void {
    const [used] = each.resumes;
    if (used === undefined) return;
    drop(each);
    this.#names += 1;
    this.#begin(each, { name: this.#names, used, heard: 1, hasKeys: false });
    this.#say(each, { say: "hs", step: 1, name: this.#names, used });
  }

  #begin(each: Side, call: Call): void {
    drop(each);
    each.call = call;
    this.at(this.now + HANDSHAKE_TIMEOUT_MS, () => {
      if (each.call === call && !call.hasKeys) this.#callFails(each);
    });
  }

  #handshake(each: Side, { step, name, used }: Extract<Signal, { say: "hs" }>): void {
    if (step === 1) {
      if (!each.resumes.includes(used)) return; // It opens under none of R's.
      this.#begin(each, { name, used, heard: 0, hasKeys: false });
    }
    const { call } = each;
    if (call?.name !== name || step <= call.heard) return;
    call.heard = step;
    // A re-key over the old connection came first: who has new secrets does not say HS5.
    if (step >= 4 && !each.resumes.includes(call.used)) {
      this.#callFails(each);
      return;
    }
    if (step < 5) this.#say(each, { say: "hs", step: step + 1, name, used });
    if (step <= 2) this.hear(each, { type: "handshake-answered" });
    if (step >= 4) this.#agree(each, call);
  }

  /** A side knows the new keys. The old connection is closed. */
  #agree(each: Side, call: Call): void {
    const old = each.line;
    each.line = undefined;
    this.in(0, 10_000, () => this.lineDies(this.other(each), old));
    call.hasKeys = true;
    if (each.role === 1) each.resumes = [`${call.name}.0`, call.used];
    if (each.role === 1) each.isSettled = false;
    const connection = { name: call.name, saidHello: false, heardHello: false };
    each.connection = connection;
    this.hear(each, { type: "agreed" });
    if (each.role === 0) this.#say(each, { say: "offer", name: call.name });
    this.at(this.now + HELLO_TIMEOUT_MS, () => {
      if (each.connection === connection) this.#callFails(each);
    });
  }

  #callFails(each: Side): void {
    const [other, name] = [this.other(each), each.connection?.name];
    this.in(0, 10_000, () => this.lineDies(other, name)); // It may be in use there.
    drop(each);
    this.hear(each, { type: "handshake-failed" });
  }

  #connect(name: number): void {
    for (const each of this.sides) {
      this.in(50, 2_000, () => {
        const { connection } = each;
        if (connection?.name !== name || !this.isNetworkUp) return;
        this.hear(each, { type: "new-connected" });
        connection.saidHello = true;
        this.in(5, 300, () => this.#hello(this.other(each), name));
        this.#secure(each);
      });
    }
  }

  #hello(each: Side, name: number): void {
    if (each.connection?.name !== name || !this.isNetworkUp) return;
    each.connection.heardHello = true;
    this.#secure(each);
  }

  #secure(each: Side): void {
    const { connection, call } = each;
    if (!connection?.saidHello || !connection.heardHello || call === undefined) return;
    each.line = connection.name;
    each.keyedBy = connection.name;
    drop(each);
    if (each.role === 0) each.resumes = [`${connection.name}.0`];
    if (!this.#lines.has(connection.name)) this.#lines.set(connection.name, WORLD);
    this.hear(each, { type: "secured" });
    if (!this.isNetworkUp) this.noticeOutage(each);
    // I's first record, which proves to R that I has the new keys.
    if (each.role === 0) this.#step(connection.name, { move: "talk", role: 0, channel: 0 });
  }

  /** Records move and re-keys happen on whatever line there is. */
  #talk(): void {
    this.in(50, 3_000, () => {
      const line = this.sides[Math.floor(this.random() * 2)]?.line;
      const world = line === undefined ? undefined : this.#lines.get(line);
      if (line !== undefined && world) {
        const isFree = ({ move, role }: { move: string; role: Role }) =>
          move === "deliver"
            ? this.carries(line)
            : this.sides[role].line === line && this.sides[role].recovery.state.phase === "healthy";
        const possible = moves(world, 3).filter(isFree);
        const move = possible[Math.floor(this.random() * possible.length)];
        if (move) this.#step(line, move);
      }
      this.#talk();
    });
  }

  #step(line: number, move: ReturnType<typeof moves>[number]): void {
    const before = this.#lines.get(line) ?? WORLD;
    const [, r] = this.sides;
    if (move.move === "deliver" && move.role === 0 && !r.isSettled) {
      r.isSettled = true;
      r.resumes = r.resumes.slice(0, 1);
    }
    const next = rekeyed(before, move);
    this.#lines.set(line, next);
    for (const each of this.sides) {
      const { resumes } = next.sides[each.role];
      if (resumes === before.sides[each.role].resumes || each.line !== line) continue;
      each.resumes = resumes.map((epoch) => `${line}.${epoch}`);
    }
  }
}
