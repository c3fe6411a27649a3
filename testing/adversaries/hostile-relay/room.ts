import type { Adversary, Reach, ServerMessage, Signal } from "./adversary.ts";
import { blobOf, otherRole, type Role, readHeader } from "./blob.ts";
import type { Leg } from "./leg.ts";
import { PlaceTracker } from "./place.ts";
import type { Recording } from "./recording.ts";

/** One room as seen from the cable: who sits where, and how far the introduction has come, on either side of us. */
export class HostileRoom {
  readonly #id: string;
  readonly #recording: () => Recording;
  readonly #legs = new Map<Role, Leg>();
  readonly #sent = new PlaceTracker();
  readonly #relayed = new PlaceTracker();

  constructor(id: string, recording: () => Recording) {
    this.#id = id;
    this.#recording = recording;
  }

  seat(role: Role, leg: Leg): void {
    this.#legs.set(role, leg);
  }

  leg(role: Role): Leg | undefined {
    return this.#legs.get(role);
  }

  /** What its sender gave to the cable. */
  record(data: unknown): void {
    const blob = blobOf(data);
    const header = blob && readHeader(blob);
    if (blob === undefined || header === undefined) return;
    this.#recording().signals.push({
      room: this.#id,
      from: header.role,
      place: this.#sent.place(blob),
      blob: blob.slice(),
    });
  }

  /** What the server relays to the other side; undefined where it is no blob, which is nobody's business here. */
  signal(data: unknown): Signal | undefined {
    const blob = blobOf(data);
    const header = blob && readHeader(blob);
    if (blob === undefined || header === undefined) return undefined;
    return { room: this.#id, from: header.role, place: this.#relayed.place(blob), blob };
  }

  /** A server that says that two are here begins a new introduction. */
  heard(message: ServerMessage): void {
    if (message.type !== "peer_ready") return;
    this.#relayed.reset();
    this.#sent.reset();
  }

  reach(): Reach {
    return {
      forge: (to, message) => this.#legs.get(to)?.tell(message),
      cut: (side) => this.#legs.get(side)?.cut(),
      recording: this.#recording(),
    };
  }

  /** Hand a signal to the adversary and deliver what comes back. */
  deliver(signal: Signal, adversary: Adversary, otherwise: () => void): void {
    const deliveries = adversary.signal?.(signal, this.reach());
    if (deliveries === undefined) otherwise();
    for (const { to, blob, afterMs } of deliveries ?? []) {
      const leg = this.#legs.get(to === "sender" ? signal.from : otherRole(signal.from));
      if (afterMs === undefined) leg?.deliver(blob);
      else setTimeout(() => leg?.deliver(blob), afterMs).unref();
    }
  }
}
