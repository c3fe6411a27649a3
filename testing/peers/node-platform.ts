import { setMaxListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { InlineEngine } from "@nullroom/core/engine/inline";
import type { PeerConnection, Platform, Socket } from "@nullroom/core/platform";
import {
  RTCPeerConnection as NativePeerConnection,
  RTCDataChannel,
  RTCError,
  RTCIceCandidate,
} from "node-datachannel/polyfill";
import { WebSocket } from "ws";

/**
 * A Platform for Node: `fetch` against one server, `ws` for the cable, node-datachannel for peers. It makes up for the
 * ways in which those libraries differ from browsers, so that nothing else has to.
 */
export function nodePlatform(server: string): Platform {
  const base = new URL(server.endsWith("/") ? server : `${server}/`);
  return {
    fetch: (path, init) => fetch(new URL(path, base), init),
    openSocket: (protocols) => new NodeSocket(new URL("cable", base), protocols),
    createPeerConnection: (configuration) => new NodePeerConnection(configuration),
    startFileWorker: () => new InlineEngine(),
    now: () => performance.now(),
  };
}

/** A socket that is a real EventTarget, since `ws` knows no AbortSignal and throws where nobody listens for `error`. */
class NodeSocket extends EventTarget implements Socket {
  readonly #socket: WebSocket;

  constructor(url: URL, protocols: readonly string[]) {
    super();
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false });
    this.#socket = socket;
    socket.on("open", () => this.dispatchEvent(new Event("open")));
    socket.on("message", (data, isBinary) => {
      this.dispatchEvent(new MessageEvent("message", { data: isBinary ? data : data.toString() }));
    });
    socket.on("error", () => this.dispatchEvent(new Event("error")));
    socket.on("close", () => this.dispatchEvent(new Event("close")));
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#socket.readyState;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    this.#socket.send(String(data));
  }

  close(): void {
    this.#socket.close();
  }
}

// Node warns of a leak above ten listeners. A session's signal has more, and all of them end with it.
setMaxListeners(0);

// The library's channels expect a global RTCError when something goes wrong, and would throw without it.
if (!("RTCError" in globalThis)) Object.assign(globalThis, { RTCError });

const PEER_CALLS = [
  "createDataChannel",
  "createOffer",
  "createAnswer",
  "setLocalDescription",
  "setRemoteDescription",
];
refuseAsBrowsersDo(NativePeerConnection.prototype, PEER_CALLS);
refuseAsBrowsersDo(RTCDataChannel.prototype, ["send", "bufferedAmount", "bufferedAmountLowThreshold"]);

/** How long the other side may take to apply an answer, where both are on one busy machine. */
const ANSWER_MS = 200;

class NodePeerConnection extends NativePeerConnection implements PeerConnection {
  #closed = false;
  #checksFrom = 0;
  #lastState: RTCPeerConnectionState | undefined;
  readonly #remote: RTCIceCandidate[] = [];

  constructor(configuration: RTCConfiguration) {
    super({ ...configuration, iceServers: configuration.iceServers?.map(escapeCredentials) ?? [] });
  }

  /** Answers after `close` too, when the library would throw. */
  override get connectionState(): RTCPeerConnectionState {
    return this.#closed ? "closed" : super.connectionState;
  }

  /** Dispatches as browsers do: candidates without the `a=` of SDP, each state once, and nothing after `close`. */
  override dispatchEvent(event: Event): boolean {
    if (this.#closed) return true;
    if (event.type === "connectionstatechange") {
      if (this.connectionState === this.#lastState) return true;
      this.#lastState = this.connectionState;
    }
    return super.dispatchEvent(event.type === "icecandidate" ? plainCandidate(event) : event);
  }

  /**
   * Delays the remote candidates of the answering side. The library lets ICE begin an instant before it stores the
   * description that the other's certificate is checked against, and an offerer that is interrupted just there refuses
   * a good answer. So the answerer leaves the first checks to the offerer, which begins them once it has the answer.
   */
  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await super.setRemoteDescription(description);
    if (description.type === "offer") this.#checksFrom = performance.now() + ANSWER_MS;
  }

  override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
    await wait(this.#checksFrom - performance.now());
    if (this.#closed) return;
    await super.addIceCandidate(candidate);
    if (candidate?.candidate) this.#remote.push(new RTCIceCandidate({ sdpMid: "0", ...candidate }));
  }

  /** Adds the remote candidates to the report, since the library reports the pair in use only. */
  override async getStats(): Promise<RTCStatsReport> {
    if (this.#closed) throw new DOMException("closed", "InvalidStateError");
    const report: Map<string, object> = await super.getStats();
    for (const [index, { type, address, port }] of this.#remote.entries()) {
      const id = `remote-candidate-${index}`;
      report.set(id, { id, type: "remote-candidate", candidateType: type, address, port });
    }
    return report;
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    super.close();
  }
}

/** Escapes both credentials: the library writes them into a URL, where coturn's `<expiry>:<name>` would be taken apart. */
function escapeCredentials(server: RTCIceServer): RTCIceServer {
  const { username, credential } = server;
  if (username === undefined || credential === undefined) return server;
  return { ...server, username: encodeURIComponent(username), credential: encodeURIComponent(credential) };
}

function plainCandidate(event: Event): Event {
  if (!("candidate" in event) || !(event.candidate instanceof RTCIceCandidate)) return event;
  const { candidate, sdpMid } = event.candidate;
  const plain = new RTCIceCandidate({ candidate: candidate.replace(/^a=/, ""), sdpMid, sdpMLineIndex: 0 });
  return Object.assign(new Event("icecandidate"), { candidate: plain });
}

/**
 * Browsers refuse by a DOMException. The library lets the plain Errors of its native half through, which core would take
 * for a mistake of its own.
 */
function refuseAsBrowsersDo(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    const { get, set, value, ...rest } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    const [call, read, write] = [value, get, set].map((part) => part && refusing(part));
    Object.defineProperty(
      prototype,
      name,
      call ? { ...rest, value: call } : { ...rest, get: read, set: write },
    );
  }
}

function refusing(call: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return function (this: unknown, ...args) {
    try {
      const result = Reflect.apply(call, this, args);
      if (!(result instanceof Promise)) return result;
      return result.catch((thrown: unknown) => Promise.reject(asDomException(thrown)));
    } catch (thrown) {
      throw asDomException(thrown);
    }
  };
}

function asDomException(thrown: unknown): unknown {
  const isPlain = thrown instanceof Error && Object.getPrototypeOf(thrown) === Error.prototype;
  return isPlain ? new DOMException(thrown.message, "OperationError") : thrown;
}
