import { once } from "node:events";
import { io, type Socket } from "socket.io-client";
import type { Pair, Side } from "../contender.ts";
import { postRoom } from "./socket.ts";

class SocketIoSide implements Side {
  onSignal: (data: string) => void = () => undefined;
  readonly ready: Promise<void>;
  readonly #socket: Socket;

  constructor(port: number, roomId: string) {
    this.#socket = io(`http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on("ready", resolve);
      this.#socket.on("connect_error", reject);
    });
    this.#socket.on("connect", () => this.#socket.emit("join", roomId));
    this.#socket.on("signal", (data: string) => this.onSignal(data));
  }

  send(data: string): void {
    this.#socket.emit("signal", data);
  }

  async close(): Promise<void> {
    const { engine } = this.#socket.io;
    const closed = once(engine as unknown as NodeJS.EventEmitter, "close");
    this.#socket.close();
    await closed;
  }
}

export async function meetOnSocketIo(port: number): Promise<Pair> {
  const roomId = await postRoom(port);
  const a = new SocketIoSide(port, roomId);
  const b = new SocketIoSide(port, roomId);
  await Promise.all([a.ready, b.ready]);
  return { a, b };
}
