import type { PeerConnection } from "../platform.ts";
import { CountedTarget } from "./counted-target.ts";
import { FakeChannel } from "./fake-channel.ts";

/**
 * Peer connections as the classic protocol uses them: the offerer's channel is announced to the other side. They find
 * each other by their descriptions, without a network and without waiting. FakeNetwork has those of protocol 2.
 */
export class FakePeers {
  readonly made: FakePeerConnection[] = [];

  readonly createPeerConnection = (configuration: RTCConfiguration): FakePeerConnection => {
    const pc = new FakePeerConnection(this, configuration);
    this.made.push(pc);
    return pc;
  };

  bySdp(sdp: string | undefined): FakePeerConnection | undefined {
    return this.made.find((pc) => pc.sdp === sdp);
  }
}

export class FakePeerConnection extends CountedTarget implements PeerConnection {
  readonly sdp: string;
  readonly configuration: RTCConfiguration;
  readonly channels: FakeChannel[] = [];
  readonly candidates: RTCIceCandidateInit[] = [];
  connectionState: RTCPeerConnectionState = "new";
  signalingState: RTCSignalingState = "stable";
  localDescription: RTCSessionDescription | null = null;
  remoteDescription: RTCSessionDescription | null = null;
  readonly sctp = null;
  readonly #peers: FakePeers;

  constructor(peers: FakePeers, configuration: RTCConfiguration) {
    super();
    this.#peers = peers;
    this.configuration = configuration;
    this.sdp = `v=0 ${peers.made.length}`;
  }

  get other(): FakePeerConnection | undefined {
    return this.#peers.bySdp(this.remoteDescription?.sdp);
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: "offer", sdp: this.sdp };
  }

  async createAnswer(): Promise<RTCSessionDescriptionInit> {
    return { type: "answer", sdp: this.sdp };
  }

  createDataChannel(label: string): RTCDataChannel {
    const channel = new FakeChannel(label);
    this.channels.push(channel);
    return channel;
  }

  setConfiguration(): void {
    // A fake has nothing that a configuration could change.
  }

  async setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
    this.localDescription = taken(description);
    for (const candidate of [{ candidate: `candidate:${this.sdp}`, sdpMid: "0", sdpMLineIndex: 0 }, null]) {
      this.dispatchEvent(Object.assign(new Event("icecandidate"), { candidate }));
    }
    this.#connect();
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    if (!this.#peers.bySdp(description.sdp)) throw new DOMException("no such peer", "OperationError");
    this.remoteDescription = taken(description);
    this.#connect();
  }

  async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
    if (!this.remoteDescription) throw new DOMException("too early", "InvalidStateError");
    if (candidate?.candidate?.includes("refuse")) throw new DOMException("unusable", "OperationError");
    if (candidate) this.candidates.push(candidate);
  }

  async getStats(): Promise<RTCStatsReport> {
    return new Map();
  }

  close(): void {
    if (this.connectionState === "closed") return;
    this.connectionState = "closed"; // No event tells of it, as in browsers.
    for (const channel of this.channels) channel.close();
  }

  /** The state changes, as the network or the library would have it. */
  become(state: RTCPeerConnectionState): void {
    if (this.connectionState === "closed") return;
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  #connect(): void {
    const { other } = this;
    const complete = (pc: FakePeerConnection) => pc.localDescription && pc.remoteDescription;
    if (!other || !complete(this) || !complete(other) || this.connectionState !== "new") return;
    const offerer = this.localDescription?.type === "offer" ? this : other;
    const answerer = offerer === this ? other : this;
    for (const pc of [offerer, answerer]) pc.become("connected");
    for (const channel of offerer.channels.slice()) answerer.#accept(channel);
  }

  #accept(theirs: FakeChannel): void {
    const channel = new FakeChannel(theirs.label);
    this.channels.push(channel);
    channel.link(theirs);
    this.dispatchEvent(Object.assign(new Event("datachannel"), { channel }));
    channel.open();
    theirs.open();
  }
}

function taken(description: RTCLocalSessionDescriptionInit | undefined): RTCSessionDescription {
  const { type = "offer", sdp = "" } = description ?? {};
  return { type, sdp, toJSON: () => ({ type, sdp }) };
}
