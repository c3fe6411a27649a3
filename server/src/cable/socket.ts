/**
 * What the cable asks of a WebSocket. Only `upgrade.ts` knows the library behind it, so that sockets of another
 * runtime need one more small file.
 */
export interface Socket {
  send(text: string): void;
  /** Send a whole frame that `frame-writer.ts` has made once for all sockets. */
  sendFrame(frame: Uint8Array): void;
  /** Send WebSocket's own ping, which browsers answer without the page. */
  ping(): void;
  /** Begin the closing handshake. What was sent before still goes out. */
  close(): void;
  /** Cut the connection at once, without a closing handshake. */
  terminate(): void;
  /** How many bytes were sent that the network has not taken yet. */
  readonly backlogBytes: number;
}
