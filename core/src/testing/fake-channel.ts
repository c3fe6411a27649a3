import { CountedTarget } from "./counted-target.ts";

/** How frames reach the other end: later, and by itself. */
type Carry = (task: () => void) => void;

/** One end of a data channel. The other end is a second one, or the test itself, which reads what was sent. */
export class FakeChannel extends CountedTarget implements RTCDataChannel {
  readonly label: string;
  readyState: RTCDataChannelState = "connecting";
  binaryType: BinaryType = "blob";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** When true, what is sent stays in `bufferedAmount` until the test lets it go by `drainTo`. */
  slow = false;
  /** What was sent, in order. A network that carries the frames has them instead: here they would only pile up. */
  readonly sent: (string | Uint8Array<ArrayBuffer>)[] = [];
  other: FakeChannel | undefined;
  readonly id = 0;
  readonly maxPacketLifeTime = null;
  readonly maxRetransmits = null;
  readonly negotiated = false;
  readonly ordered = true;
  readonly protocol = "";
  onbufferedamountlow = null;
  onclose = null;
  onclosing = null;
  onerror = null;
  onmessage = null;
  onopen = null;

  readonly #carry: Carry | undefined;

  constructor(label: string, carry?: Carry) {
    super();
    this.label = label;
    this.#carry = carry;
  }

  static pair(label: string): [FakeChannel, FakeChannel] {
    const ends: [FakeChannel, FakeChannel] = [new FakeChannel(label), new FakeChannel(label)];
    ends[0].link(ends[1]);
    return ends;
  }

  /** The two are the ends of one channel from here on. */
  link(other: FakeChannel): void {
    this.other = other;
    other.other = this;
  }

  open(): void {
    if (this.readyState !== "connecting") return;
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    const frame = typeof data === "string" ? data : copied(data);
    if (this.#carry === undefined) this.sent.push(frame);
    if (this.slow) this.bufferedAmount += frame.length;
    this.#pass((other) => other.receive(frame));
  }

  /** As if the other side had sent it. */
  receive(frame: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== "open") return;
    const data = typeof frame === "string" ? frame : copied(frame).buffer;
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  drainTo(amount: number): void {
    const crossed = this.bufferedAmount > this.bufferedAmountLowThreshold;
    this.bufferedAmount = amount;
    if (crossed && amount <= this.bufferedAmountLowThreshold) {
      this.dispatchEvent(new Event("bufferedamountlow"));
    }
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
    this.#pass((other) => other.close());
  }

  #pass(task: (other: FakeChannel) => void): void {
    const { other } = this;
    const carry = this.#carry ?? queueMicrotask;
    if (other) carry(() => task(other));
  }
}

function copied(data: Blob | ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  throw new TypeError("a Blob is never sent");
}
