/**
 * The platform is what core asks of its runtime, in the W3C shapes. core opens nothing itself: the browser passes its
 * own constructors, Node an adapted library, tests a fake. It is an argument, so that it is visible at the call. What a
 * runtime refuses must be a DOMException; every other class of error counts as a mistake of core's (`asNullroomError`).
 */
export interface Platform {
  /** As `fetch`. Paths carry no leading slash (`rooms`, `features`) and resolve against the server's base. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Open the cable, with ActionCable's sub-protocols. The platform knows the address. */
  openSocket(protocols: readonly string[]): Socket;
  createPeerConnection(configuration: RTCConfiguration): PeerConnection;
  /**
   * A fresh certificate for one PeerConnection, or undefined where the runtime makes its own (Node's library).
   * It lives as long as one connection and its lanes, and is never stored.
   */
  generateCertificate?(): Promise<RTCCertificate>;
  /** Whether this runtime can restart ICE. Where it cannot, a lost connection is made anew. */
  readonly restartsIce?: boolean;
  /**
   * A worker in which `session/v2/engine` moves files, or an `InlineEngine` where there are none. It is started with the
   * first channel of a session and ends with the session.
   */
  startFileWorker(): FileWorker;
  /** Monotonic milliseconds, which go on while the machine sleeps. A wall clock alone is not enough, because it jumps. */
  now(): number;
}

/** What core uses of a `Worker`. */
export type FileWorker = Pick<Worker, "postMessage" | "terminate"> & {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "error", listener: () => void): void;
};

/** What core uses of a `WebSocket`; text frames only. */
export type Socket = Pick<
  WebSocket,
  "readyState" | "protocol" | "send" | "close" | "addEventListener" | "removeEventListener"
>;

/** `Socket.readyState` of a socket that takes frames. Not every runtime has WebSocket's own constant as a global. */
export const SOCKET_OPEN = 1;

/** What core uses of an `RTCPeerConnection`. */
export type PeerConnection = Pick<
  RTCPeerConnection,
  | "connectionState"
  | "signalingState"
  | "localDescription"
  | "remoteDescription"
  | "sctp"
  | "createDataChannel"
  | "setConfiguration"
  | "setLocalDescription"
  | "setRemoteDescription"
  | "addIceCandidate"
  | "getStats"
  | "close"
  | "addEventListener"
  | "removeEventListener"
> & {
  // The overloads that take callbacks are left out: nobody calls them, and no fake should have to write them.
  createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit>;
  createAnswer(): Promise<RTCSessionDescriptionInit>;
};

/** What core uses of an `RTCDataChannel` once it is there. In a worker one end of a port may stand in for it. */
export type DataChannel = Pick<
  RTCDataChannel,
  | "readyState"
  | "binaryType"
  | "bufferedAmount"
  | "bufferedAmountLowThreshold"
  | "send"
  | "addEventListener"
  | "removeEventListener"
>;
