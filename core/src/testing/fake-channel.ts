import { CountedTarget } from "./counted-target.ts";

/** One end of a data channel whose other end is held by the test, or by a second one. */
export class FakeChannel extends CountedTarget implements RTCDataChannel {
  readonly label: string;
  readyState: RTCDataChannelState = "connecting";
  binaryType: BinaryType = "blob";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** When true, what is sent stays in `bufferedAmount` until the test lets it go by `drainTo`. */
  slow = false;
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

  constructor(label: string) {
    super();
    this.label = label;
  }

  static pair(label: string): [FakeChannel, FakeChannel] {
    const ends: [FakeChannel, FakeChannel] = [new FakeChannel(label), new FakeChannel(label)];
    ends[0].other = ends[1];
    ends[1].other = ends[0];
    return ends;
  }

  open(): void {
    if (this.readyState !== "connecting") return;
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    const frame = typeof data === "string" ? data : copied(data);
    this.sent.push(frame);
    if (this.slow) this.bufferedAmount += frame.length;
    queueMicrotask(() => this.other?.receive(frame));
  }

  receive(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== "open") return;
    const data = typeof frame === "string" ? frame : frame.slice().buffer;
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
    queueMicrotask(() => this.other?.close());
  }
}

function copied(data: Blob | ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  throw new TypeError("a Blob is never sent");
}
