import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { ServerMessage } from "./adversary.ts";
import { dataOf, type Role } from "./blob.ts";

const PROTOCOL = "actioncable-v1-json";

/** Start as much of a server as a relay can see: it seats two, says so, and passes each one's signals to the other. */
export async function startCableStandIn(): Promise<AsyncDisposable & { url: string }> {
  const http = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () =>
      response.writeHead(201, { "x-seen": request.headers.host }).end(Buffer.concat(body)),
    );
  });
  const cables = new WebSocketServer({ server: http, handleProtocols: () => PROTOCOL });
  const seats: WebSocket[] = [];
  cables.on("connection", (socket) => {
    socket.send('{"type":"welcome"}');
    socket.on("message", (data) => answer(seats, socket, JSON.parse(String(data))));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of cables.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

type Command = { command: string; identifier: string; data?: string };

function answer(seats: WebSocket[], socket: WebSocket, { command, identifier, data }: Command): void {
  const say = (to: WebSocket | undefined, message: ServerMessage) => {
    to?.send(JSON.stringify({ identifier, message }));
  };
  if (command === "subscribe") {
    socket.send(JSON.stringify({ identifier, type: "confirm_subscription" }));
    seats.push(socket);
    const seat = seats.length - 1;
    say(socket, { type: "init", seat, initiator: seat === 0, connection_id: "a".repeat(32) });
    if (seats.length === 2) for (const each of seats) say(each, { type: "peer_ready" });
    return;
  }
  const action = JSON.parse(data ?? "{}") as { action: string; data: unknown };
  if (action.action !== "send_signal") return;
  const other = seats.find((each) => each !== socket);
  say(other, { type: "signal", data: action.data, connection_id: "b".repeat(32) });
}

/** A client's end of the cable: what it got, and a way to send blobs. */
export type CableClient = Disposable & {
  readonly got: ServerMessage[];
  readonly frames: string[];
  readonly socket: WebSocket;
  send(blob: Uint8Array): void;
};

export async function joinCable(relayUrl: string, room: string): Promise<CableClient> {
  const socket = new WebSocket(`${relayUrl.replace(/^http/, "ws")}/cable`, [PROTOCOL]);
  const identifier = JSON.stringify({ channel: "RoomsChannel", room_id: room, v: 2 });
  const got: ServerMessage[] = [];
  const frames: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      frames.push(String(data));
      const frame = JSON.parse(String(data)) as { type?: string; message?: ServerMessage };
      if (frame.type === "welcome") socket.send(JSON.stringify({ command: "subscribe", identifier }));
      if (frame.message !== undefined) got.push(frame.message);
      if (frame.message?.type === "init") resolve();
    });
  });
  return {
    got,
    frames,
    socket,
    send: (blob) => {
      const data = JSON.stringify({ action: "send_signal", data: dataOf(blob) });
      socket.send(JSON.stringify({ command: "message", identifier, data }));
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** A blob that has a handshake blob's length and header, and `fill` everywhere else. */
export function handshakeBlob(role: Role, fill: number): Uint8Array {
  const blob = new Uint8Array(1_567).fill(fill);
  blob.set([2, 0, role === "I" ? 0 : 1]);
  return blob;
}

/** A blob that has a phase-1 blob's length, header and sequence number, and `fill` everywhere else. */
export function signalBlob(role: Role, seq: number, fill: number): Uint8Array {
  const blob = new Uint8Array(1_051).fill(fill);
  blob.set([2, 1, role === "I" ? 0 : 1, 0, 0, 0, 0, 0, 0, 0, seq]);
  return blob;
}
