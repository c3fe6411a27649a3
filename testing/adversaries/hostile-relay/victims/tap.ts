import type { PeerConnection, Platform } from "@nullroom/core/platform";

/** A platform that records what one side sends to the other, as somebody on the wire between them could. */
export class Tap {
  /** Every message that this side has sent on a data channel. */
  readonly sent: Uint8Array[] = [];
  readonly platform: Platform;
  readonly #connections: PeerConnection[] = [];

  constructor(platform: Platform) {
    this.platform = {
      ...platform,
      createPeerConnection: (configuration) => this.#tapped(platform, configuration),
    };
  }

  /** How many connections this side has made. */
  get connections(): number {
    return this.#connections.length;
  }

  /** Close every connection, as when an operating system takes its sockets away. */
  breakDown(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** The fingerprint of each connection's certificate, which crosses the wire in the clear. Ask while they are open. */
  fingerprints(): Uint8Array[] {
    return this.#connections.flatMap(({ localDescription }) => {
      const hex = /a=fingerprint:sha-256 ([0-9A-F:]+)/i.exec(localDescription?.sdp ?? "")?.[1];
      return hex === undefined ? [] : [new Uint8Array(Buffer.from(hex.replaceAll(":", ""), "hex"))];
    });
  }

  #tapped(platform: Platform, configuration: RTCConfiguration): PeerConnection {
    const connection = platform.createPeerConnection(configuration);
    this.#connections.push(connection);
    const create = connection.createDataChannel.bind(connection);
    connection.createDataChannel = (label, options) => {
      const channel = create(label, options);
      const send = channel.send;
      channel.send = (data: string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>) => {
        if (typeof data === "string" || data instanceof Blob) throw new Error("a record is bytes");
        const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
        this.sent.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice());
        send.call(channel, view);
      };
      return channel;
    };
    return connection;
  }
}
