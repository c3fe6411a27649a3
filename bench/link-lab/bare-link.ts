const MESSAGE_BYTES = 64 * 1024;
/** The limits of the product's own queue. More in it would not make a channel faster. */
const QUEUE_HIGH_BYTES = 1024 * 1024;
const QUEUE_LOW_BYTES = 256 * 1024;

type Connected = { connection: RTCPeerConnection; channel: Promise<RTCDataChannel> };

/** One page's end of some peer connections with a data channel in each, and nothing else: the limit for any file transfer. */
export class BareLink {
  #connections: Connected[] = [];
  #received = 0;
  #lastAt = 0;

  async offer(configuration: RTCConfiguration, count: number): Promise<string[]> {
    this.#connections = Array.from({ length: count }, () => {
      const connection = new RTCPeerConnection(configuration);
      return { connection, channel: opened(connection.createDataChannel("bytes")) };
    });
    return Promise.all(this.#connections.map(({ connection }) => described(connection)));
  }

  async answer(configuration: RTCConfiguration, offers: string[]): Promise<string[]> {
    const connections = offers.map(() => new RTCPeerConnection(configuration));
    this.#connections = connections.map((connection) => ({ connection, channel: this.#listen(connection) }));
    return Promise.all(
      connections.map(async (connection, at) => {
        await connection.setRemoteDescription({ type: "offer", sdp: offers[at] ?? "" });
        return described(connection);
      }),
    );
  }

  async accept(answers: string[]): Promise<void> {
    await Promise.all(
      this.#connections.map(({ connection }, at) =>
        connection.setRemoteDescription({ type: "answer", sdp: answers[at] ?? "" }),
      ),
    );
    await Promise.all(this.#connections.map(({ channel }) => channel));
  }

  /** Send so many bytes over all channels. @returns the time at which it began, once all of them are queued */
  async send(bytes: number): Promise<number> {
    const channels = await Promise.all(this.#connections.map(({ channel }) => channel));
    const message = new Uint8Array(MESSAGE_BYTES);
    const from = absolute(performance.now());
    let left = bytes;
    await Promise.all(
      channels.map(async (channel) => {
        while (left > 0 && channel.readyState === "open") {
          left -= MESSAGE_BYTES;
          channel.send(message);
          if (channel.bufferedAmount > QUEUE_HIGH_BYTES) await drained(channel);
        }
      }),
    );
    return from;
  }

  /** How many bytes have arrived, and when the last of them did. */
  received(): { bytes: number; at: number } {
    return { bytes: this.#received, at: absolute(this.#lastAt) };
  }

  close(): void {
    for (const { connection } of this.#connections) connection.close();
  }

  #listen(connection: RTCPeerConnection): Promise<RTCDataChannel> {
    return new Promise((resolve) => {
      connection.addEventListener("datachannel", ({ channel }) => {
        channel.binaryType = "arraybuffer";
        channel.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
          this.#received += data.byteLength;
          this.#lastAt = performance.now();
        });
        resolve(opened(channel));
      });
    });
  }
}

/** A time on which two pages of one machine agree to about a millisecond. */
function absolute(now: number): number {
  return performance.timeOrigin + now;
}

/** The local description with all candidates in it, so that one message each way is enough. */
async function described(connection: RTCPeerConnection): Promise<string> {
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== "complete") {
    await new Promise((resolve) =>
      connection.addEventListener("icegatheringstatechange", resolve, { once: true }),
    );
  }
  return connection.localDescription?.sdp ?? "";
}

function opened(channel: RTCDataChannel): Promise<RTCDataChannel> {
  channel.bufferedAmountLowThreshold = QUEUE_LOW_BYTES;
  if (channel.readyState === "open") return Promise.resolve(channel);
  return new Promise((resolve) => channel.addEventListener("open", () => resolve(channel), { once: true }));
}

/** Resolves when the queue is low, and also when the channel closes, after which no event would come. */
function drained(channel: RTCDataChannel): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["bufferedamountlow", "close"]) {
      channel.addEventListener(event, () => resolve(), { once: true });
    }
  });
}
