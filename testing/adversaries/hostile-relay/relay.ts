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
import { CableInTheMiddle } from "./cable-in-the-middle.ts";
import { HostileRoom, type Side } from "./hostile-room.ts";
import { Recording } from "./recording.ts";

export type HostileRelay = AsyncDisposable & {
  /** Where pages and peers believe the server to be. */
  readonly url: string;
  /** All that has passed since the relay started, or since `newRecording`. */
  readonly recording: Recording;
  /** Put this adversary in charge from now on, of sockets that are already open too. */
  setAdversary(adversary: Adversary): void;
  /** Begin a new recording and return the old one, from which replays take their blobs. */
  newRecording(): Recording;
  /** One side of the newest room, for a test that acts on it at a moment of its own. */
  side(role: Role): Side | undefined;
  /** Refuse every connection and cut the open ones until `goBack`, as if the server were gone. */
  goAway(): void;
  goBack(): void;
};

/** Start a relay in front of the real server, for pages and cables alike. It changes nothing until it has an adversary. */
export async function startHostileRelay(target: string): Promise<HostileRelay> {
  const relay = new Relay(new URL(target));
  await relay.listen();
  return relay;
}

class Relay implements HostileRelay {
  readonly #target: URL;
  readonly #http = createServer((request, response) => this.#forward(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  readonly #rooms = new Map<string, HostileRoom>();
  readonly #cables = new Set<CableInTheMiddle>();
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

  side(role: Role): Side | undefined {
    return [...this.#rooms.values()].at(-1)?.side(role);
  }

  goAway(): void {
    this.#away = true;
    for (const cable of this.#cables) cable.cut();
    this.#http.closeAllConnections();
  }

  goBack(): void {
    this.#away = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goAway();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Passes the client's own `Host` on, so that `Origin` and `Host` agree at the server as they do at the relay. */
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

  /** Asks the server first: the client gets the server's own refusal, or the subprotocol that the server chose. */
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
      server.pause(); // The welcome must wait until the client's socket is open.
      this.#sockets.options.handleProtocols = () => server.protocol || false;
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#connect(client, server));
    });
  }

  #connect(client: WebSocket, server: WebSocket): void {
    const cable = new CableInTheMiddle({
      client,
      server,
      recording: () => this.recording,
      room: (id) => this.#room(id),
      adversary: () => this.#adversary,
    });
    this.#cables.add(cable);
    client.on("close", () => this.#cables.delete(cable));
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
