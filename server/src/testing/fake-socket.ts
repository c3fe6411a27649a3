import type { Socket } from "../cable/socket.ts";

/** A socket without a network. It records what the cable does to it. */
export class FakeSocket implements Socket {
  readonly sent: string[] = [];
  frames = 0;
  pings = 0;
  state: "open" | "closing" | "terminated" = "open";
  backlogBytes = 0;

  send(text: string): void {
    this.sent.push(text);
  }

  sendFrame(): void {
    this.frames++;
  }

  ping(): void {
    this.pings++;
  }

  close(): void {
    this.state = "closing";
  }

  terminate(): void {
    this.state = "terminated";
  }
}
