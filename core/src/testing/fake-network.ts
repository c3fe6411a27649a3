import { randomBytes } from "../crypto/bytes.ts";
import type { PeerConnection } from "../platform.ts";
import { CountedTarget } from "./counted-target.ts";
import { FakeChannel } from "./fake-channel.ts";
import { toHex } from "./hex.ts";

/**
 * Peer connections in memory: their descriptions pass for real ones, and they find each other by their ufrag. Their
 * channels are negotiated, reliable and ordered. What ICE would do happens at once, as soon as both sides have both
 * descriptions and there is a way between them.
 */
export class FakeNetwork {
  readonly connections: FakePeerConnection[] = [];
  /** The round-trip time that every connection's statistics report. */
  roundTripMs = 0;
  #cable: "in" | "out" | "in another network" = "in";
  /** What was sent while nothing came through, in order: the stack sends it again when there is a way. */
  readonly #waiting: (() => void)[] = [];

  /** Nothing comes through any more. @param notice - whether ICE has noticed it */
  cut(notice = true): void {
    this.#cable = "out";
    if (notice) for (const connection of this.connections) connection.change("disconnected");
  }

  /** The network is back: the old one, or another one, in which only new credentials find a way. */
  mend(into: "in" | "in another network" = "in"): void {
    this.#cable = into;
    for (const connection of this.connections) {
      if (connection.connectionState === "new") connection.connect();
      else if (into === "in" && connection.connectionState === "disconnected") connection.change("connected");
    }
    if (into === "in") this.#flush();
  }

  /** Two connections have found each other by their last descriptions. False where there is no way at all. */
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

  /** The connection whose last description this is. */
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

  createDataChannel(label: string, { id }: { id?: number }): FakeChannel {
    const channel = new FakeChannel(label, (task) => this.#network.carry(task));
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
    this.connect();
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    const isRestart = this.remoteDescription !== null && description.type === "offer";
    if (isRestart) this.ufrag = toHex(randomBytes(8));
    this.remoteDescription = description;
    this.connect();
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
  connect(): void {
    const other = this.remoteDescription && this.#network.find(this.remoteDescription.sdp);
    if (!other?.remoteDescription || !other.localDescription || !this.localDescription) return;
    if (this.#network.find(other.remoteDescription.sdp) !== this) return;
    const isOver = (state: RTCPeerConnectionState) => state === "failed" || state === "closed";
    if (isOver(this.connectionState) || isOver(other.connectionState) || !this.#network.findWay()) return;
    for (const side of [this, other]) side.change("connected");
    for (const [id, channel] of this.channels) openBoth(channel, other.channels.get(id));
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

function openBoth(own: FakeChannel, other: FakeChannel | undefined): void {
  if (other === undefined || own.readyState !== "connecting") return;
  own.link(other);
  for (const end of [own, other]) end.open();
}

/** The fake has what core uses, and nobody asks for the rest of the W3C shape. */
function asPeerConnection(fake: unknown): PeerConnection {
  return fake as PeerConnection;
}

/** What core asks of a certificate is that two connections can have the same one. */
export function fakeCertificate(): RTCCertificate {
  const value = drawFingerprint();
  return { expires: 0, getFingerprints: () => [{ algorithm: "sha-256", value }] };
}

function drawFingerprint(): string {
  return toHex(randomBytes(32))
    .toUpperCase()
    .replace(/..(?=.)/g, "$&:");
}
