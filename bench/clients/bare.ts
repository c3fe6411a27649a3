import type { Pair } from "../contender.ts";
import { postRoom, SocketSide } from "./socket.ts";

/** A client of the bare server: its first message names the room, the first answer says that both are there, and all else is signals. */
class BareSide extends SocketSide {
  #talking = false;

  constructor(port: number, roomId: string) {
    super(`ws://127.0.0.1:${port}/relay`);
    this.socket.on("open", () => this.socket.send(roomId));
  }

  send(data: string): void {
    this.socket.send(data);
  }

  protected hearText(text: string): void {
    if (this.#talking) this.onSignal(text);
    this.#talking = true;
    this.beReady();
  }
}

export async function meetBare(port: number): Promise<Pair> {
  const roomId = await postRoom(port);
  const a = new BareSide(port, roomId);
  const b = new BareSide(port, roomId);
  await Promise.all([a.ready, b.ready]);
  return { a, b };
}
