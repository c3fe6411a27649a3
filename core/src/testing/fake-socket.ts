import type { Socket } from "../platform.ts";
import { CountedTarget } from "./counted-target.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Both ends of one socket: the client holds it as a `Socket`, the test plays the server with the rest. */
export class FakeSocket extends CountedTarget implements Socket {
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  protocol = "";
  readonly offered: readonly string[];
  /** What the client has sent, parsed. */
  readonly sent: unknown[] = [];

  constructor(offered: readonly string[]) {
    super();
    this.offered = offered;
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState !== OPEN) throw new DOMException("not open", "InvalidStateError");
    this.sent.push(JSON.parse(String(data)));
  }

  close(): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    queueMicrotask(() => this.drop());
  }

  /** Server: accept, and say welcome. */
  welcome(): void {
    this.readyState = OPEN;
    this.protocol = this.offered[0] ?? "";
    this.dispatchEvent(new Event("open"));
    this.deliver({ type: "welcome" });
  }

  /** Server: send one frame. */
  deliver(frame: unknown): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** The connection to the server breaks, or the server closes it. */
  drop(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.dispatchEvent(new Event("close"));
  }
}

/** An `openSocket` that keeps what it opened. */
export function fakeSockets(): {
  openSocket: (protocols: readonly string[]) => FakeSocket;
  opened: FakeSocket[];
} {
  const opened: FakeSocket[] = [];
  const openSocket = (protocols: readonly string[]) => {
    const socket = new FakeSocket(protocols);
    opened.push(socket);
    return socket;
  };
  return { openSocket, opened };
}
