import { randomBytes } from "../crypto/bytes.ts";
import type { PeerConnection } from "../platform.ts";
import { CountedTarget } from "./counted-target.ts";
import { toHex } from "./hex.ts";

/**
 * Peer connections in memory: descriptions that pass for real ones, found by their ufrag, with reliable ordered
 * negotiated channels. What ICE would do happens at once when both sides have both descriptions, and a way between.
 */
export class FakeNetwork {
  readonly connections: FakePeerConnection[] = [];
  /** As every connection's statistics say. */
  roundTripMs = 0;
  #cable: "in" | "out" | "in another network" = "in";
  /** What was sent while nothing came through, in order: the stack sends it again when there is a way. */
  readonly #waiting: (() => void)[] = [];

  /** Pull the cable; with `notice`, ICE has seen it. */
  cut(notice = true): void {
    this.#cable = "out";
    if (notice) for (const connection of this.connections) connection.change("disconnected");
  }

  /** Put it back, into the old network or another one, in which only new credentials find a way. */
  mend(into: "in" | "in another network" = "in"): void {
    this.#cable = into;
    for (const connection of this.connections) {
      if (connection.connectionState === "new") connection.meet();
      else if (into === "in" && connection.connectionState === "disconnected") connection.change("connected");
    }
    if (into === "in") this.#flush();
  }

  /** Two have found each other by their last descriptions. False where there is no way at all. */
  findWay(): boolean {
    if (this.#cable === "out") return false;
    this.#cable = "in";
    this.#flush();
    return true;
  }

  /** Whatever travels does so by itself, later, and only where there is a way. */
  carry(task: () => void): void {
    queueMicrotask(() => {
      if (this.#cable === "in") task();
      else this.#waiting.push(task);
    });
  }

  #flush(): void {
    for (const task of this.#waiting.splice(0)) task();
  }

  createPeerConnection = (configuration: RTCConfiguration): PeerConnection => {
    const connection = new FakePeerConnection(this, configuration);
    this.connections.push(connection);
    return asPeerConnection(connection);
  };

  /** The one whose description, its last one, the other side was given. */
  find(sdp: string): FakePeerConnection | undefined {
    const ufrag = /a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1];
    return this.connections.find((connection) => connection.ufrag === ufrag);
  }
}

export class FakePeerConnection extends CountedTarget {
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  signalingState: RTCSignalingState = "stable";
  readonly sctp = null;
  ufrag = toHex(randomBytes(8));
  readonly configurations: RTCConfiguration[] = [];
  readonly channels = new Map<number, FakeChannel>();
  /** Every candidate that the other side has named. */
  readonly named: string[] = [];
  readonly policy: RTCIceTransportPolicy | undefined;
  readonly #network: FakeNetwork;
  #fingerprint: string;

  constructor(network: FakeNetwork, { certificates = [], iceTransportPolicy }: RTCConfiguration) {
    super();
    this.#network = network;
    this.policy = iceTransportPolicy;
    const [certificate] = certificates;
    this.#fingerprint = certificate?.getFingerprints()[0]?.value ?? drawFingerprint();
  }

  /** From here on it describes itself with another certificate, as no honest runtime does. */
  changeCertificate(): void {
    this.#fingerprint = drawFingerprint();
  }

  createDataChannel(_label: string, { id }: { id?: number }): FakeChannel {
    const channel = new FakeChannel(this.#network);
    this.channels.set(id ?? 0, channel);
    return channel;
  }

  async createOffer({ iceRestart = false } = {}) {
    if (iceRestart) this.ufrag = toHex(randomBytes(8));
    return { type: "offer", sdp: this.#describe("actpass") };
  }

  async createAnswer() {
    return { type: "answer", sdp: this.#describe("active") };
  }

  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
    const candidate = "candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host";
    this.#tell("icecandidate", { candidate: { candidate, sdpMid: "0", sdpMLineIndex: 0 } });
    this.#tell("icecandidate", { candidate: null });
    this.meet();
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    const isRestart = this.remoteDescription !== null && description.type === "offer";
    if (isRestart) this.ufrag = toHex(randomBytes(8));
    this.remoteDescription = description;
    this.meet();
  }

  async addIceCandidate({ candidate }: { candidate: string }): Promise<void> {
    this.named.push(candidate);
  }

  async getStats() {
    const currentRoundTripTime = this.#network.roundTripMs / 1_000;
    const pair = { id: "pair", type: "candidate-pair", selected: true, currentRoundTripTime };
    return new Map(Object.entries({ pair }));
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configurations.push(configuration);
  }

  /** What ICE says, or the network does to it. */
  change(state: RTCPeerConnectionState): void {
    if (this.connectionState === "closed" || this.connectionState === state) return;
    this.connectionState = state;
    this.#tell("connectionstatechange", {});
  }

  close(): void {
    if (this.connectionState === "closed") return;
    this.connectionState = "closed";
    for (const channel of this.channels.values()) channel.close();
  }

  /** Connected as soon as both sides have each other's last description, and there is a way. */
  meet(): void {
    const other = this.remoteDescription && this.#network.find(this.remoteDescription.sdp);
    if (!other?.remoteDescription || !other.localDescription || !this.localDescription) return;
    if (this.#network.find(other.remoteDescription.sdp) !== this) return;
    const isOver = (state: RTCPeerConnectionState) => state === "failed" || state === "closed";
    if (isOver(this.connectionState) || isOver(other.connectionState) || !this.#network.findWay()) return;
    for (const side of [this, other]) side.change("connected");
    for (const [id, channel] of this.channels) channel.join(other.channels.get(id));
  }

  #describe(setup: string): string {
    return [
      "v=0",
      "o=- 1 2 IN IP4 127.0.0.1",
      "s=-",
      "t=0 0",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "c=IN IP4 0.0.0.0",
      `a=ice-ufrag:${this.ufrag}`,
      `a=ice-pwd:${toHex(randomBytes(12))}`,
      `a=fingerprint:sha-256 ${this.#fingerprint}`,
      `a=setup:${setup}`,
      "a=mid:0",
      "a=sctp-port:5000",
      "",
    ].join("\r\n");
  }

  #tell(type: string, fields: object): void {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

export class FakeChannel extends CountedTarget {
  readyState: RTCDataChannelState = "connecting";
  binaryType = "arraybuffer";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readonly #network: FakeNetwork;
  #other: FakeChannel | undefined;

  constructor(network: FakeNetwork) {
    super();
    this.#network = network;
  }

  join(other: FakeChannel | undefined): void {
    if (other === undefined || this.readyState !== "connecting") return;
    this.#other = other;
    other.#other = this;
    for (const side of [this, other]) {
      side.readyState = "open";
      side.dispatchEvent(new Event("open"));
    }
  }

  send(data: string | ArrayBufferView<ArrayBuffer>): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    const copy = typeof data === "string" ? data : new Uint8Array(data.buffer).slice().buffer;
    const other = this.#other;
    this.#network.carry(() => other?.deliver(copy));
  }

  /** As if the other side had sent it. */
  deliver(data: string | ArrayBuffer): void {
    if (this.readyState === "open") this.dispatchEvent(new MessageEvent("message", { data }));
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
    const other = this.#other;
    this.#network.carry(() => other?.close());
  }
}

/** The fake has what core uses; the rest of the W3C shape nobody asks for. */
function asPeerConnection(fake: unknown): PeerConnection {
  return fake as PeerConnection;
}

/** What core asks of one: that two connections can have the same. */
export function fakeCertificate(): RTCCertificate {
  const value = drawFingerprint();
  return { expires: 0, getFingerprints: () => [{ algorithm: "sha-256", value }] };
}

function drawFingerprint(): string {
  return toHex(randomBytes(32))
    .toUpperCase()
    .replace(/..(?=.)/g, "$&:");
}
