import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { type Adversary, honest } from "./adversary.ts";
import type { Role } from "./blob.ts";
import { Leg } from "./leg.ts";
import { Recording } from "./recording.ts";
import { HostileRoom } from "./room.ts";

export type HostileRelay = AsyncDisposable & {
  /** Where pages and peers believe the server to be. */
  readonly url: string;
  /** Grows until it is taken; see `newRecording`. */
  readonly recording: Recording;
  /** From now on, for sockets that are already open too. */
  setAdversary(adversary: Adversary): void;
  /** Begin a new recording and hand over the old one: what a replay draws from. */
  newRecording(): Recording;
  /** One side of the room that was last seen there, to say something to at any time. */
  side(role: Role): Leg | undefined;
  /** Refuse every connection and cut the open ones, until `goBack`: a server that is gone. */
  goAway(): void;
  goBack(): void;
};

/** Stands in front of the real server, pages and cable alike: a wire until it is given an adversary. */
export async function startHostileRelay(target: string): Promise<HostileRelay> {
  const relay = new Relay(new URL(target));
  await relay.listen();
  return relay;
}

class Relay implements HostileRelay {
  readonly #target: URL;
  readonly #http = createServer((request, response) => this.#forward(request, response));
  readonly #cables = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  readonly #rooms = new Map<string, HostileRoom>();
  readonly #legs = new Set<Leg>();
  #adversary = honest;
  #away = false;
  recording = new Recording();

  constructor(target: URL) {
    this.#target = target;
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
  }

  setAdversary(adversary: Adversary): void {
    this.#adversary = adversary;
  }

  newRecording(): Recording {
    const old = this.recording;
    this.recording = new Recording();
    return old;
  }

  side(role: Role): Leg | undefined {
    return [...this.#rooms.values()].at(-1)?.leg(role);
  }

  goAway(): void {
    this.#away = true;
    for (const leg of this.#legs) leg.cut();
    this.#http.closeAllConnections();
  }

  goBack(): void {
    this.#away = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goAway();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** The client's own `Host` goes along, so that `Origin` and `Host` agree before the server as they do before us. */
  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (this.#away) return void request.socket.destroy();
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = request;
    const { recording } = this;
    const onward = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers as OutgoingHttpHeaders);
      answer.on("data", (chunk: Buffer) =>
        recording.texts.push({ way: "to-client", text: chunk.toString() }),
      );
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    recording.texts.push({ way: "to-server", text: `${method} ${path} ${JSON.stringify(headers)}` });
    request.on("data", (chunk: Buffer) => recording.texts.push({ way: "to-server", text: chunk.toString() }));
    request.pipe(onward);
  }

  /** The server is asked first: what it refuses, we refuse with its words, and its choice of protocol is ours. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#away) return void socket.destroy();
    this.recording.texts.push({ way: "to-server", text: `UPGRADE ${request.url}` });
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/).filter(Boolean);
    const url = new URL(request.url ?? "/", this.#target.href.replace(/^http/, "ws"));
    const server = new WebSocket(url, offered, {
      headers: pick(request.headers, ["host", "origin", "user-agent", "x-forwarded-for", "cookie"]),
      perMessageDeflate: false,
      autoPong: false,
    });
    server.on("unexpected-response", (_, answer) => {
      socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
    });
    server.on("error", () => socket.destroy());
    server.on("open", () => {
      server.pause(); // Until there is somebody to pass the welcome on to.
      this.#cables.options.handleProtocols = () => server.protocol || false;
      this.#cables.handleUpgrade(request, socket, head, (client) => this.#connect(client, server));
    });
  }

  #connect(client: WebSocket, server: WebSocket): void {
    const leg = new Leg({
      client,
      server,
      recording: () => this.recording,
      room: (id) => this.#room(id),
      adversary: () => this.#adversary,
    });
    this.#legs.add(leg);
    client.on("close", () => this.#legs.delete(leg));
    server.resume();
  }

  #room(id: string): HostileRoom {
    const room = this.#rooms.get(id) ?? new HostileRoom(id, () => this.recording);
    this.#rooms.set(id, room);
    return room;
  }
}

function pick(headers: IncomingMessage["headers"], names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string") picked[name] = value;
  }
  return picked;
}
