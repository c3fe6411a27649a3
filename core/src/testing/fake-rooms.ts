import { type Bytes, otherSeat, type RoomId, type Seat } from "../brand.ts";
import { randomBytes } from "../crypto/bytes.ts";
import { hash } from "../crypto/keys.ts";
import type { Platform, Socket } from "../platform.ts";
import { InlineEngine } from "../session/v2/engine/inline.ts";
import { parseCommand } from "../wire/cable.ts";
import { toBase64Url } from "../wire/read.ts";
import { type FromServer, formatFromServer, parseToServer, type ToServer } from "../wire/room-messages.ts";
import { FakeNetwork } from "./fake-network.ts";
import { FakeSocket } from "./fake-socket.ts";
import { toHex } from "./hex.ts";

/** What becomes of one signal on its way: any number of signals to either seat, in this order. */
export type Tamper = (signal: {
  from: Seat;
  count: number;
  data: string;
}) => readonly { to: Seat; data: string }[];

const ROOM = "11111111-1111-4111-8111-111111111111" as RoomId;
const SESSION_MS = 600_000;

/** A protocol 2 server in memory, with one room. The test sees everything that passes, and may let it lie. */
export class FakeRooms {
  readonly network = new FakeNetwork();
  readonly seats: [RoomSocket | undefined, RoomSocket | undefined] = [undefined, undefined];
  /** Every signal as its sender gave it. */
  readonly signals: { from: Seat; data: string }[] = [];
  /** Every action but signals. */
  readonly actions: { seat: Seat | undefined; message: ToServer }[] = [];
  tamper: Tamper = ({ from, data }) => [{ to: otherSeat(from), data }];
  /** What `init` says instead of the truth. */
  lies: Partial<Extract<FromServer, { type: "init" }> & { seat: Seat; sessionMs: number }> = {};
  readonly #tokens: [string, string] = ["", ""];
  #admitHash = "";
  #established = false;
  #counts: [number, number] = [0, 0];

  /** While the server is away, no socket opens. Those that are open stay so until the test drops them. */
  isAway = false;
  /** Which seat `join` gives, where not the one that is asked for: a rejoin room has but one free. */
  freeSeat: Seat | undefined;

  /**
   * A runtime that can restart ICE and makes no certificates.
   * @param clock - how much later it is there than here: a machine that has slept
   */
  platform(clock = { aheadMs: 0 }): Platform {
    return {
      restartsIce: true,
      fetch: async (_path, init) => this.#create(JSON.parse(String(init?.body))),
      openSocket: (protocols) => this.#connect(protocols),
      createPeerConnection: this.network.createPeerConnection,
      startFileWorker: () => new InlineEngine(),
      now: () => performance.now() + clock.aheadMs,
    };
  }

  /** As if the room had been made with it. */
  admit(admitHash: Bytes): void {
    this.#admitHash = toBase64Url(admitHash);
  }

  tell(seat: Seat, message: FromServer): void {
    this.seats[seat]?.transmit(message);
  }

  #create({ admit }: { admit: string }): Response {
    this.#admitHash = admit;
    const room = {
      room_id: ROOM,
      ice_servers: [],
      turn_servers: [],
      ttl_seconds: 900,
      file_size_limit: 2 ** 24,
    };
    return new Response(JSON.stringify(room), { status: 201 });
  }

  #connect(protocols: readonly string[]): Socket {
    const socket = new RoomSocket(protocols, this);
    queueMicrotask(() => (this.isAway ? socket.drop() : socket.welcome()));
    return socket;
  }

  async hear(socket: RoomSocket, message: ToServer): Promise<void> {
    const seat = this.#seatOf(socket);
    if (message.action === "send_signal") {
      if (seat !== undefined) this.#relay(seat, String(message.data));
      return;
    }
    this.actions.push({ seat, message });
    switch (message.action) {
      case "join":
        return this.#join(socket, this.freeSeat ?? message.seat ?? 0, message.admit);
      case "resume":
        return this.#resume(socket, toHex(message.seatToken));
      case "established":
        this.#established = true;
        return;
      case "destroy":
        if (seat !== undefined) this.tell(otherSeat(seat), left("destroyed"));
        return;
      default:
        return;
    }
  }

  gone(socket: RoomSocket): void {
    const seat = this.#seatOf(socket);
    if (seat === undefined) return;
    this.seats[seat] = undefined;
    this.tell(otherSeat(seat), left("left"));
  }

  async #join(socket: RoomSocket, seat: Seat, admit: Bytes): Promise<void> {
    const isRight = toBase64Url(await hash(admit)) === this.#admitHash;
    if (!isRight) return socket.transmit({ type: "refused", code: "room-gone" });
    if (this.seats[seat]) return socket.transmit({ type: "refused", code: "room-full" });
    this.#sit(socket, seat, randomBytes(16));
    if (this.seats[0] && this.seats[1])
      for (const each of [0, 1] as const) this.tell(each, { type: "peer_ready" });
  }

  #resume(socket: RoomSocket, token: string): void {
    const found = this.#tokens.indexOf(token);
    if (found < 0) {
      socket.transmit({ type: "refused", code: "lease-over" });
      return;
    }
    const seat: Seat = found === 0 ? 0 : 1;
    this.#sit(
      socket,
      seat,
      Uint8Array.from(token.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
    );
    if (this.#established) this.tell(otherSeat(seat), { type: "peer_back" });
    else for (const each of [0, 1] as const) this.tell(each, { type: "peer_ready" });
  }

  #sit(socket: RoomSocket, seat: Seat, seatToken: Bytes): void {
    this.seats[seat] = socket;
    this.#tokens[seat] = toHex(seatToken);
    socket.transmit({
      type: "init",
      initiator: seat === 0,
      connectionId: connectionId(),
      ttlMs: 900_000,
      fileSharing: true,
      fileSizeLimit: 2 ** 24,
      seat,
      seatToken,
      sessionMs: SESSION_MS,
      iceServers: [],
      rejoin: false,
      ...this.lies,
    });
  }

  #relay(from: Seat, data: string): void {
    this.signals.push({ from, data });
    const count = this.#counts[from]++;
    for (const { to, data: passed } of this.tamper({ from, count, data })) {
      this.tell(to, { type: "signal", data: passed, connectionId: connectionId() });
    }
  }

  #seatOf(socket: RoomSocket): Seat | undefined {
    if (this.seats[0] === socket) return 0;
    return this.seats[1] === socket ? 1 : undefined;
  }
}

class RoomSocket extends FakeSocket {
  readonly #rooms: FakeRooms;
  #identifier = "";
  #work: Promise<void> = Promise.resolve();

  constructor(offered: readonly string[], rooms: FakeRooms) {
    super(offered);
    this.#rooms = rooms;
  }

  transmit(message: FromServer): void {
    if (this.readyState !== 1) return;
    this.deliver({ identifier: this.#identifier, message: JSON.parse(formatFromServer(message)) });
  }

  override send(data: string): void {
    super.send(data);
    const command = parseCommand(data);
    // One socket's commands strictly in order, and never within the sender's call.
    this.#work = this.#work.then(async () => {
      if (command.command === "subscribe") {
        this.#identifier = command.identifier;
        this.deliver({ type: "confirm_subscription", identifier: command.identifier });
      } else if (command.command === "unsubscribe") this.#rooms.gone(this);
      else await this.#rooms.hear(this, parseToServer(command.data));
    });
  }

  override drop(): void {
    const wasOpen = this.readyState !== 3;
    super.drop();
    if (wasOpen) this.#rooms.gone(this);
  }
}

export function left(reason: "left" | "gone" | "destroyed"): FromServer {
  return { type: "peer_left", connectionId: connectionId(), reason };
}

export function connectionId() {
  return toHex(randomBytes(16)) as Extract<FromServer, { type: "init" }>["connectionId"];
}
