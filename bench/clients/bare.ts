import type { Pair } from "../contender.ts";
import { postRoom, SocketSide } from "./socket.ts";

/** The first message is the room, the first answer means that both are here, the rest is passed on as it is. */
class BareSide extends SocketSide {
  #talking = false;

  constructor(port: number, roomId: string) {
    super(`ws://127.0.0.1:${port}/relay`);
    this.socket.on("open", () => this.socket.send(roomId));
  }

  send(data: string): void {
    this.socket.send(data);
  }

  protected heard(text: string): void {
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
