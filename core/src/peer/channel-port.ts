import type { Bytes } from "../brand.ts";
import type { DataChannel } from "../platform.ts";

/** What the page reports of a channel: `taken` bytes have been handed to it, `waiting` of them have not left. */
type Report = { readyState: RTCDataChannelState; taken: number; waiting: number };

/**
 * Some browsers give no channel to a worker. There the page passes bytes on, both ways and unread. Call it within the
 * task in which the channel was made, so that no message is lost.
 * @returns the port to post to the worker, which makes a `PortChannel` of it
 */
export function portOf(channel: DataChannel): MessagePort {
  const { port1: near, port2: far } = new MessageChannel();
  let taken = 0;
  const report = () =>
    near.postMessage({ readyState: channel.readyState, taken, waiting: channel.bufferedAmount });
  channel.binaryType = "arraybuffer";
  channel.addEventListener("message", ({ data }) =>
    near.postMessage(data, typeof data === "string" ? [] : [data]),
  );
  for (const news of ["open", "close", "bufferedamountlow"]) channel.addEventListener(news, report);
  near.onmessage = ({ data }: MessageEvent<number | Bytes>) => {
    if (typeof data === "number") channel.bufferedAmountLowThreshold = data;
    else {
      taken += data.length;
      if (channel.readyState === "open") channel.send(data); // On a closed channel the bytes are lost either way.
    }
    report();
  };
  report();
  return far;
}

/** The worker's end of such a port, which behaves like the channel as far as `BulkChannel` uses it. */
export class PortChannel extends EventTarget implements DataChannel {
  readonly binaryType = "arraybuffer";
  readonly #port: MessagePort;
  #report: Report = { readyState: "connecting", taken: 0, waiting: 0 };
  #posted = 0;
  #lowThreshold = 0;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Report | ArrayBuffer | string>) => {
      if (typeof data === "object" && "taken" in data) this.#takeReport(data);
      else this.dispatchEvent(new MessageEvent("message", { data }));
    };
  }

  get readyState(): RTCDataChannelState {
    return this.#report.readyState;
  }

  /** Bytes that are still on their way to the page count too. */
  get bufferedAmount(): number {
    return this.#posted - this.#report.taken + this.#report.waiting;
  }

  get bufferedAmountLowThreshold(): number {
    return this.#lowThreshold;
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#lowThreshold = bytes;
    this.#port.postMessage(bytes);
  }

  /** Takes the memory of `data` over. Only bytes are sent here, never text or blobs. */
  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    if (!(data instanceof Uint8Array)) throw new TypeError("bytes only");
    this.#posted += data.length;
    this.#port.postMessage(data, data.byteLength === data.buffer.byteLength ? [data.buffer] : []);
  }

  #takeReport(report: Report): void {
    const before = this.#report.readyState;
    const wasHigh = this.bufferedAmount > this.#lowThreshold;
    this.#report = report;
    if (before !== report.readyState && report.readyState !== "closing")
      this.dispatchEvent(new Event(report.readyState === "open" ? "open" : "close"));
    if (wasHigh && this.bufferedAmount <= this.#lowThreshold)
      this.dispatchEvent(new Event("bufferedamountlow"));
  }
}
