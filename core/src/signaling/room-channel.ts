import type { RoomId } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import {
  type FromServer,
  formatIdentifier,
  formatToServer,
  type Protocol,
  parseFromServer,
  type ToServer,
} from "../wire/room-messages.ts";
import { CableClient, type CableEvent } from "./cable-client.ts";

/** What a session hears of its room. */
export type RoomEvent =
  /** The subscription stands, for the first time or again after a loss. */
  | { type: "joined" }
  | { type: "rejected" }
  | { type: "said"; message: FromServer }
  | { type: "unreadable"; error: NullroomError }
  | { type: "lost"; retries: boolean; reason?: string | undefined };

export type RoomChannelOptions = {
  platform: Pick<Platform, "openSocket" | "now">;
  protocol: Protocol;
  roomId: RoomId;
  signal: AbortSignal;
  onEvent: (event: RoomEvent) => void;
};

/** A room channel is `RoomsChannel` on the cable, typed in both directions. */
export class RoomChannel {
  readonly #cable: CableClient;
  readonly #onEvent: (event: RoomEvent) => void;

  constructor({ platform, protocol, roomId, signal, onEvent }: RoomChannelOptions) {
    this.#onEvent = onEvent;
    const identifier = formatIdentifier({ protocol, roomId });
    this.#cable = new CableClient({
      platform,
      identifier,
      signal,
      onEvent: (event) => this.#hearCable(event),
    });
  }

  /** False where the socket is down. What must not get lost is said again after `joined`. */
  say(message: ToServer): boolean {
    return this.#cable.perform(formatToServer(message));
  }

  /** From now on a refusal of the server's does not stop the client: the conversation can do without it meanwhile. */
  keepTrying(): void {
    this.#cable.tireless = true;
  }

  wake(): void {
    this.#cable.wake();
  }

  /** Unsubscribe, by which the server knows that this side leaves the room. */
  leave(): Promise<void> {
    return this.#cable.leave();
  }

  #hearCable(event: CableEvent): void {
    switch (event.type) {
      case "confirmed":
        this.#onEvent({ type: "joined" });
        break;
      case "message":
        this.#onEvent(read(event.message));
        break;
      default:
        this.#onEvent(event);
    }
  }
}

function read(message: unknown): RoomEvent {
  try {
    return { type: "said", message: parseFromServer(message) };
  } catch (thrown) {
    if (!(thrown instanceof NullroomError)) throw thrown;
    return { type: "unreadable", error: thrown };
  }
}
