import { randomBytes } from "node:crypto";
import type { Pair } from "../contender.ts";
import { SocketSide } from "./socket.ts";

/** A client of PeerJS, which has no rooms: each side asks for an id and addresses its signals to the other's. */
class PeerSide extends SocketSide {
  readonly #other: string;

  constructor(port: number, id: string, other: string) {
    const query = new URLSearchParams({
      key: "peerjs",
      id,
      token: randomBytes(6).toString("hex"),
      version: "1.5.5",
    });
    super(`ws://127.0.0.1:${port}/peerjs?${query}`);
    this.#other = other;
  }

  send(data: string): void {
    this.socket.send(JSON.stringify({ type: "CANDIDATE", dst: this.#other, payload: data }));
  }

  protected hearText(text: string): void {
    const { type, payload } = JSON.parse(text) as { type: string; payload?: string };
    if (type === "OPEN") this.beReady();
    if (type === "CANDIDATE") this.onSignal(String(payload));
  }
}

export async function meetOnPeerJs(port: number): Promise<Pair> {
  const [one = "", other = ""] = await Promise.all([askId(port), askId(port)]);
  const a = new PeerSide(port, one, other);
  const b = new PeerSide(port, other, one);
  await Promise.all([a.ready, b.ready]);
  return { a, b };
}

async function askId(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/peerjs/id`)).text();
}
