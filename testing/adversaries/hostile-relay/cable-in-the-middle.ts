import type { RawData, WebSocket } from "ws";
import type { Adversary, ServerMessage } from "./adversary.ts";
import { dataOf, type Role } from "./blob.ts";
import type { HostileRoom, Side } from "./hostile-room.ts";
import type { Recording } from "./recording.ts";

type CableContext = {
  /** The socket that a client opened to the relay, and the one that the relay opened to the real server for it. */
  client: WebSocket;
  server: WebSocket;
  recording(): Recording;
  room(id: string): HostileRoom;
  adversary(): Adversary;
};

/** The connection id that a forged signal carries as long as no true one has been seen. */
const NO_CONNECTION_ID = "0".repeat(32);

/**
 * A client's cable that the relay sits in the middle of. Whatever the adversary does not change passes as the very text
 * that it came as. Pings and pongs of the WebSocket pass too, so that a lease lives exactly as long as without the relay.
 */
export class CableInTheMiddle implements Side {
  readonly #context: CableContext;
  #room: HostileRoom | undefined;
  #identifier = "";
  #role: Role | undefined;
  #peerConnectionId = NO_CONNECTION_ID;

  constructor(context: CableContext) {
    this.#context = context;
    const { client, server } = context;
    client.on("message", (data, isBinary) => this.#fromClient(textOf(data), data, isBinary));
    server.on("message", (data, isBinary) => this.#fromServer(textOf(data), data, isBinary));
    couple(client, server);
    couple(server, client);
  }

  deliver(blob: Uint8Array): void {
    this.tell({ type: "signal", data: dataOf(blob), connection_id: this.#peerConnectionId });
  }

  tell(message: ServerMessage): void {
    this.#toClient(JSON.stringify({ identifier: this.#identifier, message }));
  }

  cut(): void {
    this.#context.client.terminate();
    this.#context.server.terminate();
  }

  #fromClient(text: string, data: RawData, isBinary: boolean): void {
    this.#context.recording().texts.push({ way: "to-server", text });
    const frame = objectIn(text);
    if (frame?.command === "subscribe") this.#noteRoom(frame.identifier);
    if (frame?.command === "message") this.#recordSignal(objectIn(frame.data));
    if (isOpen(this.#context.server)) this.#context.server.send(data, { binary: isBinary });
  }

  #noteRoom(identifier: unknown): void {
    const roomId = objectIn(identifier)?.room_id;
    if (typeof identifier !== "string" || typeof roomId !== "string") return;
    this.#identifier = identifier;
    this.#room = this.#context.room(roomId);
  }

  #recordSignal(action: Record<string, unknown> | undefined): void {
    if (action?.action === "send_signal") this.#room?.record(action.data);
  }

  #fromServer(text: string, data: RawData, isBinary: boolean): void {
    const message = serverMessageIn(text);
    const room = this.#room;
    const asItCame = () => this.#toClient(data, isBinary);
    if (message === undefined || room === undefined) {
      asItCame();
      return;
    }
    if (message.type === "init") this.#noteSeat(message, room);
    if (typeof message.connection_id === "string" && message.type === "signal") {
      this.#peerConnectionId = message.connection_id;
    }
    room.hearServer(message);
    const signal = message.type === "signal" ? room.relayed(message.data) : undefined;
    if (signal === undefined) this.#pass(message, room, asItCame);
    else room.deliver(signal, this.#context.adversary(), asItCame);
  }

  #pass(message: ServerMessage, room: HostileRoom, asItCame: () => void): void {
    const said = this.#context.adversary().message?.(message, this.#role, room.powers()) ?? [message];
    for (const each of said) {
      if (each === message) asItCame();
      else this.tell(each);
    }
  }

  #noteSeat(init: ServerMessage, room: HostileRoom): void {
    if (typeof init.initiator !== "boolean") return;
    this.#role = init.initiator ? "I" : "R";
    room.seat(this.#role, this);
  }

  #toClient(data: RawData | string, binary = false): void {
    this.#context.recording().texts.push({ way: "to-client", text: textOf(data) });
    if (isOpen(this.#context.client)) this.#context.client.send(data, { binary });
  }
}

/** Repeat one socket's pings, pongs and end on the other. */
function couple(from: WebSocket, to: WebSocket): void {
  from.on("ping", (payload) => isOpen(to) && to.ping(payload));
  from.on("pong", (payload) => isOpen(to) && to.pong(payload));
  from.on("close", (code, reason) => {
    // 1005 and 1006 say that no code was sent: they may not be sent themselves.
    if (code === 1005) to.close();
    else if (code === 1006) to.terminate();
    else to.close(code, reason);
  });
  from.on("error", () => to.terminate());
}

function isOpen(socket: WebSocket): boolean {
  return socket.readyState === socket.OPEN;
}

function textOf(data: RawData | string): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString();
}

function objectIn(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // because what is no JSON passes as it came: whether that is an error is for the other end to say.
    return undefined;
  }
}

function serverMessageIn(text: string): ServerMessage | undefined {
  const message = objectIn(text)?.message;
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  return typeof message.type === "string" ? (message as ServerMessage) : undefined;
}
