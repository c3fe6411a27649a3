import type { Pair } from "../contender.ts";
import { postRoom, SocketSide } from "./socket.ts";

/** A client of our server, with ActionCable's envelope and the messages of classic's rooms. */
class CableSide extends SocketSide {
  readonly joined: Promise<void>;
  readonly #identifier: string;
  #beJoined: () => void = () => undefined;

  constructor(port: number, roomId: string) {
    super(`ws://127.0.0.1:${port}/cable`, ["actioncable-v1-json"]);
    this.#identifier = JSON.stringify({ channel: "RoomsChannel", room_id: roomId });
    this.joined = new Promise((resolve) => {
      this.#beJoined = resolve;
    });
    this.socket.on("open", () => this.#command({ command: "subscribe" }));
  }

  send(data: string): void {
    this.#command({ command: "message", data: JSON.stringify({ action: "send_signal", data }) });
  }

  protected hearText(text: string): void {
    const frame = JSON.parse(text) as { message?: { type?: string; data?: string } };
    switch (frame.message?.type) {
      case "init":
        this.#beJoined();
        break;
      case "peer_ready":
        this.beReady();
        break;
      case "signal":
        this.onSignal(String(frame.message.data));
        break;
    }
  }

  #command(command: { command: string; data?: string }): void {
    this.socket.send(JSON.stringify({ ...command, identifier: this.#identifier }));
  }
}

export async function meetOnCable(port: number): Promise<Pair> {
  const roomId = await postRoom(port);
  const a = new CableSide(port, roomId);
  const b = new CableSide(port, roomId);
  await Promise.all([a.ready, b.ready]);
  return { a, b };
}
