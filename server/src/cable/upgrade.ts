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
import { textFrame } from "./frame.ts";
import { gatherWrites } from "./gather-writes.ts";
import type { Socket } from "./socket.ts";

/** The only file that knows the WebSocket library. */

export type UpgradeDeps = {
  cable: Cable;
  basePath: string;
  maxSockets: number;
  callers: CallerRules;
  counters: Counters;
};

/** Node's `upgrade` event → a socket on the cable, or an answer that says why not. */
export function createUpgrade(
  deps: UpgradeDeps,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { cable, counters } = deps;
  const server = createSocketServer();
  const refuse = (socket: Duplex, code: RefusalCode, { secure }: Caller) => {
    counters.add("sockets_refused");
    socket.on("error", () => socket.destroy());
    socket.once("finish", () => socket.destroy()); // No HTTP timeout looks after this socket any more.
    socket.end(rawAnswer(STATUS[code], code, secure));
  };
  server.on("wsClientError", (_error, socket, request) => {
    refuse(socket, "bad-request", callerOf(request, deps.callers));
  });

  const attach = (ws: CableSocket, stream: Duplex, { address }: Caller) => {
    counters.add("sockets_opened");
    ws.deps = deps;
    ws.connection = cable.connect(new LibrarySocket(ws, stream), address);
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

function createSocketServer() {
  return new WebSocketServer({
    WebSocket: CableSocket,
    noServer: true,
    perMessageDeflate: false, // A quarter of a megabyte a socket, and a side channel.
    clientTracking: false,
    // Twice what a frame may hold: a little too much is told so before the end, the rest is cut off unread.
    maxPayload: 2 * CABLE_FRAME_BYTES,
    skipUTF8Validation: true, // `connection.ts` looks itself, so that it can answer.
    handleProtocols: chooseProtocol,
  });
}

/**
 * What the library has to tell a socket goes straight to its connection: lists of listeners would cost every
 * socket a hundred bytes and more.
 */
class CableSocket extends WebSocket {
  declare connection: Connection;
  declare deps: UpgradeDeps;

  override emit(event: string | symbol, ...told: unknown[]): boolean {
    switch (event) {
      case "message":
        this.connection.receive(told[0] as Buffer, told[1] === true);
        break;
      case "pong":
        this.connection.heard();
        break;
      case "error":
        this.deps.counters.add("sockets_misbehaved"); // A close follows, with the library's own code.
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

/**
 * Text goes past the library, which would write a frame in two parts: without compression each of its own writes
 * is a whole frame, so ours may stand between them.
 */
class LibrarySocket implements Socket {
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
    this.sendFrame(textFrame(text));
  }

  sendFrame(frame: Uint8Array): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    gatherWrites(this.#stream);
    this.#stream.write(frame);
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

/** Some clients offer no sub-protocol at all, which is fine; of what others offer only one is ours. */
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
