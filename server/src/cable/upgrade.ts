import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RefusalCode } from "@nullroom/core/errors";
import { CABLE_FRAME_BYTES } from "@nullroom/core/limits";
import { CABLE_PROTOCOL, CABLE_UNSUPPORTED } from "@nullroom/core/wire/cable";
import { WebSocket, WebSocketServer } from "ws";
import type { Counters } from "../counters.ts";
import { type Caller, type CallerRules, identify } from "../http/caller.ts";
import { rawAnswer } from "../http/raw-answer.ts";
import { STATUS } from "../http/reply.ts";
import type { Cable } from "./cable.ts";
import type { Connection } from "./connection.ts";
import { frameWriter } from "./frame-writer.ts";
import type { Socket } from "./socket.ts";

/** This file alone knows the WebSocket library; `frame-check.ts` proves at start what is taken for granted here. */

export type UpgradeDeps = {
  cable: Cable;
  basePath: string;
  maxSockets: number;
  callers: CallerRules;
  counters: Counters;
};

/** A listener for Node's `upgrade` event: it puts a socket on the cable, or answers why it does not. */
export function createUpgrade(
  deps: UpgradeDeps,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { cable, counters } = deps;
  const server = new WebSocketServer({
    ...SOCKET_OPTIONS,
    WebSocket: CableSocket,
    handleProtocols: chooseProtocol,
  });
  const refuse = (socket: Duplex, code: RefusalCode, { secure }: Caller) => {
    counters.add("sockets_refused");
    socket.on("error", () => socket.destroy());
    socket.once("finish", () => socket.destroy()); // After an upgrade no HTTP timeout ends this socket.
    socket.end(rawAnswer(STATUS[code], code, secure));
  };
  server.on("wsClientError", (_error, socket, request) => {
    refuse(socket, "bad-request", callerOf(request, deps.callers));
  });

  const attach = (ws: CableSocket, stream: Duplex, { address }: Caller) => {
    counters.add("sockets_opened");
    ws.deps = deps;
    ws.connection = cable.connect(new WsSocket(ws, stream), address);
  };

  return (request, socket, head) => {
    const caller = callerOf(request, deps.callers);
    const refusal = judge(request, caller, deps);
    if (refusal !== undefined) {
      refuse(socket, refusal, caller);
      return;
    }
    socket.cork(); // The answer and the welcome leave together.
    server.handleUpgrade(request, socket, head, (ws) => attach(ws, socket, caller));
    socket.uncork();
  };
}

export const SOCKET_OPTIONS = {
  noServer: true,
  // Compression would cost a quarter of a megabyte per socket, and would be a side channel.
  perMessageDeflate: false,
  clientTracking: false,
  // Up to twice what a frame may hold is read, so that the client can be told; anything longer is cut off unread.
  maxPayload: 2 * CABLE_FRAME_BYTES,
  // `connection.ts` validates UTF-8 itself, so that it can answer before it closes.
  skipUTF8Validation: true,
} as const;

/**
 * A socket whose events go straight to its connection, because lists of listeners would cost every socket more than a
 * hundred bytes.
 */
class CableSocket extends WebSocket {
  declare connection: Connection;
  declare deps: UpgradeDeps;

  override emit(event: string | symbol, ...details: unknown[]): boolean {
    switch (event) {
      case "message":
        this.connection.receive(details[0] as Buffer, details[1] === true);
        break;
      case "pong":
        this.connection.noteAlive();
        break;
      case "error":
        this.deps.counters.add("sockets_misbehaved"); // `close` follows, with the library's own code.
        break;
      case "close":
        this.deps.cable.disconnected(this.connection);
        break;
    }
    return true;
  }
}

function judge(
  request: IncomingMessage,
  caller: Caller,
  { cable, basePath, maxSockets }: UpgradeDeps,
): RefusalCode | undefined {
  const [path] = (request.url ?? "").split("?");
  if (path !== `${basePath}/cable`) return "not-found";
  if (!caller.originAllowed) return "forbidden-origin";
  return cable.draining || cable.sockets >= maxSockets ? "server-full" : undefined;
}

/** A socket of `ws` as the cable asks for it: text goes past the library, all else through it. */
class WsSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;

  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  get backlogBytes(): number {
    return this.#ws.bufferedAmount;
  }

  send(text: string): void {
    this.sendFrame(frameWriter.textFrame(text));
  }

  sendFrame(frame: Uint8Array): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    frameWriter.write(this.#stream, frame);
  }

  ping(): void {
    this.#ws.ping();
  }

  close(): void {
    this.#ws.close(1000);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

/** A client may offer no sub-protocol at all; of those that others offer, only one is spoken here. */
function chooseProtocol(offered: Set<string>): string | false {
  if (offered.has(CABLE_PROTOCOL)) return CABLE_PROTOCOL;
  return offered.has(CABLE_UNSUPPORTED) ? CABLE_UNSUPPORTED : false;
}

function callerOf({ headers, socket }: IncomingMessage, rules: CallerRules) {
  const head = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return identify(head, socket.remoteAddress ?? "", rules);
}
