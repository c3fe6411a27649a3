/** Data channels and nothing else: the limit for whoever moves a file between two pages. */

const MESSAGE_BYTES = 64 * 1024;
/** As the product's own: more in the queue would not make a channel faster. */
const QUEUE_HIGH_BYTES = 1024 * 1024;
const QUEUE_LOW_BYTES = 256 * 1024;

type Strand = { connection: RTCPeerConnection; channel: Promise<RTCDataChannel> };

/** One page's end of so many peer connections, with one channel in each. */
export class BareLink {
  #strands: Strand[] = [];
  #received = 0;
  #lastAt = 0;

  async offer(configuration: RTCConfiguration, count: number): Promise<string[]> {
    this.#strands = Array.from({ length: count }, () => {
      const connection = new RTCPeerConnection(configuration);
      return { connection, channel: opened(connection.createDataChannel("bytes")) };
    });
    return Promise.all(this.#strands.map(({ connection }) => described(connection)));
  }

  async answer(configuration: RTCConfiguration, offers: string[]): Promise<string[]> {
    const connections = offers.map(() => new RTCPeerConnection(configuration));
    this.#strands = connections.map((connection) => ({ connection, channel: this.#listen(connection) }));
    return Promise.all(
      connections.map(async (connection, at) => {
        await connection.setRemoteDescription({ type: "offer", sdp: offers[at] ?? "" });
        return described(connection);
      }),
    );
  }

  async accept(answers: string[]): Promise<void> {
    await Promise.all(
      this.#strands.map(({ connection }, at) =>
        connection.setRemoteDescription({ type: "answer", sdp: answers[at] ?? "" }),
      ),
    );
    await Promise.all(this.#strands.map(({ channel }) => channel));
  }

  /** Resolves, with the time at which it began, when so many bytes are queued over all channels. */
  async send(bytes: number): Promise<number> {
    const channels = await Promise.all(this.#strands.map(({ channel }) => channel));
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

  /** Bytes that have come, and when the last of them did. */
  received(): { bytes: number; at: number } {
    return { bytes: this.#received, at: absolute(this.#lastAt) };
  }

  close(): void {
    for (const { connection } of this.#strands) connection.close();
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

/** Two pages of one machine agree on this to about a millisecond. */
function absolute(now: number): number {
  return performance.timeOrigin + now;
}

/** With all candidates in it, so that one message each way is enough. */
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

/** Also when it closes: then nothing will ever be low. */
function drained(channel: RTCDataChannel): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["bufferedamountlow", "close"]) {
      channel.addEventListener(event, () => resolve(), { once: true });
    }
  });
}
