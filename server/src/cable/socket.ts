/**
 * What the cable asks of a WebSocket. Only `upgrade.ts` knows the library behind it, so that another runtime's
 * sockets are one small file away.
 */
export interface Socket {
  send(text: string): void;
  /** A whole frame made once by `frame.ts`, for what goes to everybody. */
  sendFrame(frame: Uint8Array): void;
  /** WebSocket's own ping: browsers answer it without the page. */
  ping(): void;
  /** Begin the closing handshake; what was sent before still goes out. */
  close(): void;
  /** Give up at once. */
  terminate(): void;
  /** Sent but not yet taken by the network. */
  readonly backlogBytes: number;
}
