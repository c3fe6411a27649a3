import type { Adversary, Powers, ServerMessage, Signal } from "./adversary.ts";
import { blobOf, otherRole, type Role, readHeader } from "./blob.ts";
import type { Recording } from "./recording.ts";
import { StageTracker } from "./stage.ts";

/** One side of a room, as the relay can reach it: the client whose cable passes through here. */
export type Side = {
  /** Give this side a blob as if the other side had sent it. */
  deliver(blob: Uint8Array): void;
  /** Send this side a message in the server's name. */
  tell(message: ServerMessage): void;
  /** Cut this side's cable, towards the client and towards the server. */
  cut(): void;
};

/** A room as the relay sees it: which side has which seat, and how far the introduction has come. */
export class HostileRoom {
  readonly #id: string;
  readonly #recording: () => Recording;
  readonly #sides = new Map<Role, Side>();
  /** Apart from each other, since what a sender gives to the relay and what the server relays may be out of step. */
  readonly #sent = new StageTracker();
  readonly #relayed = new StageTracker();

  constructor(id: string, recording: () => Recording) {
    this.#id = id;
    this.#recording = recording;
  }

  seat(role: Role, side: Side): void {
    this.#sides.set(role, side);
  }

  side(role: Role): Side | undefined {
    return this.#sides.get(role);
  }

  /** Record a signal's data as its sender gave it to the cable. */
  record(data: unknown): void {
    const blob = blobOf(data);
    const header = blob && readHeader(blob);
    if (blob === undefined || header === undefined) return;
    this.#recording().signals.push({
      room: this.#id,
      from: header.role,
      stage: this.#sent.next(blob),
      blob: blob.slice(),
    });
  }

  /** The signal that the server relays. Undefined where its data is no blob, which then passes as it came. */
  relayed(data: unknown): Signal | undefined {
    const blob = blobOf(data);
    const header = blob && readHeader(blob);
    if (blob === undefined || header === undefined) return undefined;
    return { room: this.#id, from: header.role, stage: this.#relayed.next(blob), blob };
  }

  /** Follow what the server says: `peer_ready` begins a new introduction. */
  hearServer(message: ServerMessage): void {
    if (message.type !== "peer_ready") return;
    this.#relayed.reset();
    this.#sent.reset();
  }

  powers(): Powers {
    return {
      forge: (to, message) => this.#sides.get(to)?.tell(message),
      cut: (role) => this.#sides.get(role)?.cut(),
      recording: this.#recording(),
    };
  }

  /** Give a signal to the adversary and deliver what it returns; `passAsItCame` serves where it has no hook. */
  deliver(signal: Signal, adversary: Adversary, passAsItCame: () => void): void {
    const deliveries = adversary.signal?.(signal, this.powers());
    if (deliveries === undefined) passAsItCame();
    for (const { to, blob, afterMs } of deliveries ?? []) {
      const side = this.#sides.get(to === "sender" ? signal.from : otherRole(signal.from));
      if (afterMs === undefined) side?.deliver(blob);
      else setTimeout(() => side?.deliver(blob), afterMs).unref();
    }
  }
}
