import { createHash, randomBytes } from "node:crypto";
import type { RoomId } from "@nullroom/core/brand";
import { WebSocket } from "ws";

/** One raw socket to a cable. It keeps all frames that it got, so that tests can ask for them in order. */
export class RawClient {
  readonly socket: WebSocket;
  readonly frames: { [key: string]: unknown }[] = [];
  readonly closed: Promise<number>;
  #wake: (() => void) | undefined;
  #read = 0;

  constructor(
    url: string,
    { protocols = ["actioncable-v1-json", "actioncable-unsupported"], headers = {} } = {},
  ) {
    this.socket = new WebSocket(`${url.replace(/^http/, "ws")}/cable`, protocols, { headers });
    this.socket.on("message", (bytes) => {
      const frame = JSON.parse(String(bytes)) as { [key: string]: unknown };
      if (frame.type === "ping") return;
      this.frames.push(frame);
      this.#wake?.();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code) => {
        resolve(code);
        this.#wake?.();
      });
    });
  }

  get isClosed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED;
  }

  /** The next frame that is no ping. */
  async next(withinMs = 5_000): Promise<{ [key: string]: unknown }> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const frame = this.frames[this.#read];
      if (frame !== undefined) {
        this.#read++;
        return frame;
      }
      if (this.isClosed) throw new Error("the socket is closed");
      await this.#waitForFrame(deadline);
    }
  }

  /** The next channel message. */
  async message(withinMs?: number): Promise<{ [key: string]: unknown }> {
    const frame = await this.next(withinMs);
    if (frame.type !== undefined) throw new Error(`expected a message, got ${JSON.stringify(frame)}`);
    return frame.message as { [key: string]: unknown };
  }

  /** The frames that have come and were not asked for yet. */
  unread(): { [key: string]: unknown }[] {
    return this.frames.slice(this.#read);
  }

  send(command: object | string): void {
    this.socket.send(typeof command === "string" ? command : JSON.stringify(command));
  }

  subscribe(identifier: string): void {
    this.send({ command: "subscribe", identifier });
  }

  perform(identifier: string, action: object): void {
    this.send({ command: "message", identifier, data: JSON.stringify(action) });
  }

  close(): void {
    this.socket.close();
  }

  async #waitForFrame(deadline: number): Promise<void> {
    const left = deadline - Date.now();
    if (left <= 0) throw new Error("nothing came in time");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export function classicIdentifier(roomId: RoomId): string {
  return JSON.stringify({ channel: "RoomsChannel", room_id: roomId });
}

export function seatIdentifier(roomId: RoomId): string {
  return JSON.stringify({ channel: "RoomsChannel", room_id: roomId, v: 2 });
}

/** Resolves with a classic client that has got its `init`. */
export async function joinClassic(url: string, roomId: RoomId): Promise<ClassicSeat> {
  const client = new RawClient(url);
  const identifier = classicIdentifier(roomId);
  await client.next(); // welcome
  client.subscribe(identifier);
  const confirmation = await client.next();
  if (confirmation.type !== "confirm_subscription") throw new Error("not confirmed");
  return { client, identifier, init: await client.message() };
}

export type ClassicSeat = { client: RawClient; identifier: string; init: { [key: string]: unknown } };

export type Secrets = { admit: string; admitHash: string };

/** The proof that a link holds, and the hash by which the server checks it. */
export function newSecrets(): Secrets {
  const admit = randomBytes(32);
  return {
    admit: admit.toString("base64url"),
    admitHash: createHash("sha256").update(admit).digest("base64url"),
  };
}

/** Resolves with a client of protocol 2 that has subscribed. */
export async function subscribe2(url: string, roomId: RoomId): Promise<Member> {
  const client = new RawClient(url);
  const identifier = seatIdentifier(roomId);
  await client.next(); // welcome
  client.subscribe(identifier);
  const confirmation = await client.next();
  if (confirmation.type !== "confirm_subscription") throw new Error("not confirmed");
  return { client, identifier, perform: (action) => client.perform(identifier, action) };
}

export type Member = { client: RawClient; identifier: string; perform(action: object): void };
