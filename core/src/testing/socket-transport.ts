import type { Bytes } from "../brand.ts";
import { randomBytes } from "../crypto/bytes.ts";
import type { Role } from "../crypto/keys.ts";
import { NullroomError } from "../errors.ts";
import { type Path, UNKNOWN } from "../peer/path.ts";
import type { DataChannel } from "../platform.ts";
import type { OpenTransport, Transport, TransportOptions } from "../session/v2/connect/transport.ts";
import { concat, u8 } from "../wire/binary.ts";

/**
 * A transport over something shaped like a WebSocket, to see that nothing above the interface knows of PeerConnections:
 * one socket carries both channels, a byte in front of each message says which, and there is no negotiation. Two sockets
 * meet in a relay, which pairs the newest of each role.
 */
export class SocketRelay {
  /** How many transports were opened. */
  opened = 0;
  readonly #waiting = new Map<Role, SocketTransport>();
  readonly #open = new Set<SocketTransport>();

  readonly open: OpenTransport = async (options) => {
    this.opened += 1;
    const transport = new SocketTransport(options);
    options.signal.addEventListener("abort", () => this.#open.delete(transport), { once: true });
    this.#open.add(transport);
    const other = this.#waiting.get(options.role === 0 ? 1 : 0);
    if (other === undefined || !this.#open.has(other)) this.#waiting.set(options.role, transport);
    else {
      this.#waiting.clear();
      this.#pair(transport, other);
    }
    return transport;
  };

  /** The server, or the network, has dropped every socket. */
  cut(): void {
    for (const transport of this.#open) transport.drop();
    this.#open.clear();
  }

  #pair(one: SocketTransport, two: SocketTransport): void {
    const binding = randomBytes(32);
    const [a, b] = [new FakeWebSocket(), new FakeWebSocket()];
    a.other = b;
    b.other = a;
    // Later, as over a network: a transport reports nothing before whoever opens it has it.
    setTimeout(() => {
      void one.connect(a, binding);
      void two.connect(b, binding);
    });
  }
}

/** What a browser's WebSocket is to whoever has it: no event says that `bufferedAmount` has fallen. */
class FakeWebSocket extends EventTarget {
  other: FakeWebSocket | undefined;
  isOpen = true;
  bufferedAmount = 0;

  send(message: Bytes): void {
    if (!this.isOpen) return; // As a WebSocket does that is closing.
    this.bufferedAmount += message.length;
    queueMicrotask(() => {
      this.bufferedAmount -= message.length;
      if (this.other?.isOpen) this.other.dispatchEvent(new MessageEvent("message", { data: message }));
    });
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.dispatchEvent(new Event("close"));
    queueMicrotask(() => this.other?.close());
  }
}

class SocketTransport implements Transport {
  readonly ctl = new SocketChannel(0);
  readonly bulk = new SocketChannel(1);
  /** A socket's stack cannot know whether the other person's page is there. */
  readonly isConnected = false;
  readonly lanes = undefined;
  readonly #options: TransportOptions;
  #socket: FakeWebSocket | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  async connect(socket: FakeWebSocket, binding: Bytes): Promise<void> {
    const { signal, onEvent } = this.#options;
    if (signal.aborted) return socket.close();
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#receive((event as MessageEvent<Bytes>).data));
    socket.addEventListener("close", () => this.drop());
    await onEvent({ type: "bound", binding: binding.slice() });
    void onEvent({ type: "state", state: "connected" });
    for (const channel of [this.ctl, this.bulk]) channel.carryOver(socket);
  }

  /** The socket is closed, by whomever. */
  drop(): void {
    const isNew = this.#socket !== undefined && !this.#options.signal.aborted;
    this.#close();
    if (isNew) void this.#options.onEvent({ type: "state", state: "failed" });
  }

  async verifyPeer(): Promise<void> {
    // The keys that the binding went into are all there is to verify.
  }

  hearSignal(): void {
    throw new NullroomError("E_SEAL", "nothing to negotiate");
  }

  restart(): void {
    // There is only one way.
  }

  watchPath(signal: AbortSignal, onPath: (path: Path) => void): void {
    queueMicrotask(() => {
      if (!signal.aborted) onPath(UNKNOWN);
    });
  }

  async roundTripMs(): Promise<undefined> {
    return undefined;
  }

  #receive(message: Bytes): void {
    const channel = message[0] === 0 ? this.ctl : this.bulk;
    channel.dispatchEvent(new MessageEvent("message", { data: message.slice(1).buffer }));
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    for (const channel of [this.ctl, this.bulk]) channel.close();
  }
}

/** One of the two channels on a socket, as a data channel behaves. */
class SocketChannel extends EventTarget implements DataChannel {
  readyState: RTCDataChannelState = "connecting";
  binaryType: BinaryType = "arraybuffer";
  bufferedAmountLowThreshold = 0;
  readonly #number: number;
  #socket: FakeWebSocket | undefined;

  constructor(number: number) {
    super();
    this.#number = number;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  carryOver(socket: FakeWebSocket): void {
    if (this.readyState !== "connecting") return;
    this.#socket = socket;
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    if (!(data instanceof Uint8Array)) throw new DOMException("bytes only", "TypeMismatchError");
    const wasHigh = this.bufferedAmount > this.bufferedAmountLowThreshold;
    this.#socket?.send(concat(u8(this.#number), data));
    if (!wasHigh) this.#watch();
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }

  /** Nobody says when a socket has sent, so somebody has to look. */
  #watch(): void {
    const look = () => {
      if (this.readyState !== "open") return;
      if (this.bufferedAmount > this.bufferedAmountLowThreshold) setTimeout(look, 1);
      else this.dispatchEvent(new Event("bufferedamountlow"));
    };
    setTimeout(look, 1);
  }
}
