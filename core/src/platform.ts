/**
 * What core asks of the world, in the W3C shapes. core opens nothing itself: the browser passes its own
 * constructors, Node an adapted library, tests a fake. Injected by argument, so that it is visible at the call.
 */
export interface Platform {
  /** As `fetch`. Paths carry no leading slash (`rooms`, `features`) and resolve against the server's base. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Open the cable. Sub-protocols as in ActionCable; the address is the platform's business. */
  openSocket(protocols: readonly string[]): Socket;
  createPeerConnection(configuration: RTCConfiguration): PeerConnection;
  /**
   * A fresh certificate for one PeerConnection, or undefined where the runtime makes its own (Node's library).
   * Unit of secrecy: one connection; never stored.
   */
  generateCertificate?(): Promise<RTCCertificate>;
  /** This runtime can restart ICE; where it cannot, a lost connection is made anew. */
  readonly restartsIce?: boolean;
  /**
   * A worker in which `session/v2/desk` moves files, or `DeskInPlace`. Called once a session, when its first channel is
   * made; ended with the session.
   */
  startFileWorker(): FileWorker;
  /** Monotonic milliseconds, which go on while the machine sleeps. Never a wall clock alone: those jump. */
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

/** `Socket.readyState` of a socket that takes frames: the constant itself is not everywhere a global. */
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
  // Without the overloads that take callbacks, which nobody calls and no fake should have to write.
  createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit>;
  createAnswer(): Promise<RTCSessionDescriptionInit>;
};

/** What core uses of an `RTCDataChannel` once it is there; a worker may have one end of a port instead. */
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
