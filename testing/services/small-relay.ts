import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

type Seat = { socket: WebSocket; identifier: string; connectionId: string };
type Room = { seats: Seat[]; endsAt: number };
export type SmallRelayOptions = { ttlMs?: number; fileSizeLimit?: number; destroyOnLeave?: boolean };

const PING_MS = 3_000;

/**
 * Classic's server in the fewest lines, for tests of a session that must cut its server's connections, end it, or see
 * what it was told. The product's own server is tested with the same sessions in e2e.
 */
export class SmallRelay implements AsyncDisposable {
  readonly rooms = new Map<string, Room>();
  /** The data of every signal that has passed. */
  readonly signals: unknown[] = [];
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #ttlMs: number;
  readonly #fileSizeLimit: number;
  readonly #destroyOnLeave: boolean;
  readonly #ping: NodeJS.Timeout;

  private constructor({ ttlMs = 60_000, fileSizeLimit = 2 ** 24, destroyOnLeave = true }: SmallRelayOptions) {
    this.#ttlMs = ttlMs;
    this.#fileSizeLimit = fileSizeLimit;
    this.#destroyOnLeave = destroyOnLeave;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#sockets = new WebSocketServer({
      server: this.#http,
      path: "/cable",
      handleProtocols: () => "actioncable-v1-json",
    });
    this.#sockets.on("connection", (socket) => this.#welcome(socket));
    this.#ping = setInterval(() => {
      for (const socket of this.#sockets.clients) socket.send('{"type":"ping","message":1}');
    }, PING_MS);
  }

  static async start(options: SmallRelayOptions = {}): Promise<SmallRelay> {
    const relay = new SmallRelay(options);
    relay.#http.listen(0, "127.0.0.1");
    await once(relay.#http, "listening");
    return relay;
  }

  get url(): string {
    const address = this.#http.address();
    if (typeof address !== "object" || address === null) throw new Error("not listening");
    return `http://127.0.0.1:${address.port}/`;
  }

  /** Cut every connection at once. New ones are accepted. */
  cutConnections(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ping);
    this.cutConnections();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    const limit = { file_size_limit: this.#fileSizeLimit };
    const id = method === "POST" ? randomUUID() : url.replace("/rooms/", "");
    if (method === "POST") this.rooms.set(id, { seats: [], endsAt: performance.now() + this.#ttlMs });
    const answer =
      url === "/features"
        ? { classic: true, relay: false, codes: false, tokens: false, ...limit }
        : { room_id: id, ice_servers: [], turn_servers: [], ttl_seconds: this.#ttlMs / 1000, ...limit };
    const found = url === "/features" || this.rooms.has(id);
    response.writeHead(found ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(found ? answer : { error: "not-found" }));
  }

  #welcome(socket: WebSocket): void {
    let seat: Seat | undefined;
    socket.send('{"type":"welcome"}');
    socket.on("close", () => seat && this.#leave(seat));
    socket.on("message", (text) => {
      const { command, identifier, data } = JSON.parse(String(text));
      const room = this.rooms.get(JSON.parse(identifier).room_id);
      if (command === "subscribe") seat = this.#seat(room, { socket, identifier });
      else if (command === "unsubscribe" && seat) this.#leave(seat);
      else if (seat) this.#relay(room, seat, JSON.parse(data).data);
    });
  }

  #seat(room: Room | undefined, { socket, identifier }: Omit<Seat, "connectionId">): Seat | undefined {
    if (!room || room.seats.length === 2) {
      socket.send(JSON.stringify({ type: "reject_subscription", identifier }));
      return undefined;
    }
    const seat = { socket, identifier, connectionId: randomBytes(16).toString("hex") };
    room.seats.push(seat);
    socket.send(JSON.stringify({ type: "confirm_subscription", identifier }));
    transmit(seat, {
      type: "init",
      initiator: room.seats.length === 1,
      connection_id: seat.connectionId,
      ttl_ms: Math.round(room.endsAt - performance.now()),
      file_sharing: true,
      file_size_limit: this.#fileSizeLimit,
    });
    if (room.seats.length === 2) for (const each of room.seats) transmit(each, { type: "peer_ready" });
    return seat;
  }

  #relay(room: Room | undefined, from: Seat, data: unknown): void {
    this.signals.push(data);
    for (const other of room?.seats ?? []) {
      if (other !== from) transmit(other, { type: "signal", data, connection_id: from.connectionId });
    }
  }

  #leave(seat: Seat): void {
    for (const [id, room] of this.rooms) {
      if (!room.seats.includes(seat)) continue;
      room.seats = room.seats.filter((other) => other !== seat);
      for (const other of room.seats)
        transmit(other, { type: "peer_left", connection_id: seat.connectionId });
      if (this.#destroyOnLeave && room.seats.length > 0) this.rooms.delete(id);
    }
  }
}

function transmit({ socket, identifier }: Seat, message: object): void {
  socket.send(JSON.stringify({ identifier, message }));
}
