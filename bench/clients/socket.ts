import { once } from "node:events";
import { WebSocket } from "ws";
import type { Side } from "../contender.ts";

/** A client over a plain WebSocket, as far as all of those are alike. */
export abstract class SocketSide implements Side {
  onSignal: (data: string) => void = () => undefined;
  readonly ready: Promise<void>;
  protected readonly socket: WebSocket;
  protected beReady: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(url: string, protocols: string[] = []) {
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    this.ready = new Promise((resolve, reject) => {
      this.beReady = resolve;
      this.#fail = reject;
    });
    this.ready.catch(() => undefined); // because whoever awaits `ready` gets the error there.
    this.socket.on("message", (bytes) => this.hearText(bytes.toString()));
    this.socket.on("error", (error) => this.#fail(error));
    this.socket.on("close", () => this.#fail(new Error("closed before it was ready")));
  }

  protected abstract hearText(text: string): void;
  abstract send(data: string): void;

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, "close");
    this.socket.close();
    await closed;
  }
}

export async function postRoom(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/rooms`, { method: "POST" });
  if (!response.ok) throw new Error(`POST /rooms: ${response.status}`);
  const { room_id: roomId } = (await response.json()) as { room_id: string };
  return roomId;
}
