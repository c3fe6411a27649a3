import { bindingOf, type Fingerprints } from "../../../crypto/binding.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import { type Path, watchPath } from "../../../peer/path.ts";
import { type PeerEvent, PeerLink } from "../../../peer/peer-link.ts";
import { roundTripMs } from "../../../peer/round-trip.ts";
import type { Platform } from "../../../platform.ts";
import { outgoingCandidate, parseCandidate } from "../../../wire/candidate.ts";
import { checkSdp, type Description, MAX_CANDIDATES, withoutCandidates } from "../../../wire/sdp.ts";
import { CANDIDATES_PER_SIGNAL, type SignalBody } from "../../../wire/signal-body.ts";
import { verifyCertificate } from "./certificate.ts";
import type { LaneBasis, Transport, TransportEvent, TransportOptions, TransportSignal } from "./transport.ts";

export type PeerConnectionOptions = TransportOptions & {
  platform: Pick<Platform, "createPeerConnection" | "generateCertificate">;
  /** As the server has said it last: a restart takes fresh credentials. */
  configuration: () => RTCConfiguration;
};

/**
 * A transport that is one PeerConnection: descriptions and candidates under the SDP policy, two negotiated channels, bound
 * to the certificates at both ends. spec/3-session.md §6.
 */
export class PeerConnectionTransport implements Transport {
  readonly ctl: RTCDataChannel;
  readonly bulk: RTCDataChannel;
  readonly #options: PeerConnectionOptions;
  readonly #certificates: RTCCertificate[] | undefined;
  readonly #isRelayOnly: boolean;
  readonly #link: PeerLink;
  readonly #work: Serial;
  #own: Description | undefined;
  #peer: Description | undefined;
  #candidates = 0;
  /** Candidates that were found and not yet said. */
  #found: string[] = [];
  #awaitsAnswer = false;

  /** With a certificate of its own, where the runtime lets us make one. */
  static async open(options: PeerConnectionOptions): Promise<PeerConnectionTransport> {
    const certificate = await options.platform.generateCertificate?.();
    return new PeerConnectionTransport(options, certificate && [certificate]);
  }

  private constructor(options: PeerConnectionOptions, certificates: RTCCertificate[] | undefined) {
    const { platform, role, signal } = options;
    this.#options = options;
    this.#certificates = certificates;
    this.#work = new Serial(signal, (thrown) => this.#fail(thrown));
    const configuration = this.#configuration();
    this.#isRelayOnly = configuration.iceTransportPolicy === "relay";
    this.#link = new PeerLink({ platform, configuration, signal, onEvent: (event) => this.#hearPeer(event) });
    const channel = (id: number) => this.#link.createChannel("", { negotiated: true, id, ordered: true });
    this.ctl = channel(0);
    this.bulk = channel(1);
    if (role === 0) this.#link.offer();
  }

  get isConnected(): boolean {
    return this.#link.pc.connectionState === "connected";
  }

  get lanes(): LaneBasis | undefined {
    const { fingerprints } = this;
    return fingerprints && { configuration: this.#configuration(), fingerprints };
  }

  /** The certificate at the other end is the one that the sealed SDP named. */
  verifyPeer(): Promise<void> {
    return verifyCertificate(this.#link.pc, this.#peer?.fingerprint);
  }

  /** An ICE restart, which only the initiator begins: new ICE credentials over fresh servers, same certificate. */
  restart(): void {
    if (this.#own === undefined || this.#peer === undefined) return;
    this.#awaitsAnswer = true;
    this.#link.reconfigure(this.#configuration());
    this.#link.offer({ iceRestart: true });
  }

  hearSignal(body: TransportSignal): void {
    if (body.t === "cand") this.#takeCandidates(body.c);
    else if (body.t === "restart") this.#takeRestart(body.sdp);
    else if (this.#peer === undefined) this.#takeDescription(body);
    else if (body.t === "answer" && this.#awaitsAnswer) this.#takeAnswer(body.sdp);
    else throw new NullroomError("E_SEAL", "a description out of place");
  }

  watchPath(signal: AbortSignal, onPath: (path: Path) => void): void {
    watchPath(this.#link.pc, signal, onPath);
  }

  roundTripMs(): Promise<number | undefined> {
    return roundTripMs(this.#link.pc);
  }

  /** Of both certificates, once both descriptions are there. */
  private get fingerprints(): Fingerprints | undefined {
    const [own, peer] = [this.#own?.fingerprint, this.#peer?.fingerprint];
    if (own === undefined || peer === undefined) return undefined;
    return this.#options.role === 0 ? { fpI: own, fpR: peer } : { fpI: peer, fpR: own };
  }

  /** With the certificate that there is: the runtime refuses to change it, and some take none for a change. */
  #configuration(): RTCConfiguration {
    const configuration = this.#options.configuration();
    return this.#certificates ? { ...configuration, certificates: this.#certificates } : configuration;
  }

  #takeDescription(body: Extract<SignalBody, { t: "offer" | "answer" }>): void {
    const expected = this.#options.role === 0 ? "answer" : "offer";
    if (body.t !== expected) throw new NullroomError("E_SEAL", "a description out of place");
    this.#peer = checkSdp(body.sdp, body.t);
    this.#link.accept({ type: body.t, sdp: body.sdp });
    this.#bind();
  }

  /** The responder's side of an ICE restart; the answer comes out as something to be said. */
  #takeRestart(sdp: string): void {
    if (this.#options.role === 0 || this.#own === undefined) {
      throw new NullroomError("E_SEAL", "nothing to restart");
    }
    this.#describedAnew(checkSdp(sdp, "offer"));
    this.#link.reconfigure(this.#configuration());
    this.#link.accept({ type: "offer", sdp });
  }

  #takeAnswer(sdp: string): void {
    this.#describedAnew(checkSdp(sdp, "answer"));
    this.#awaitsAnswer = false;
    this.#link.accept({ type: "answer", sdp });
    void this.#tell({ type: "restarted" });
  }

  #describedAnew(description: Description): void {
    if (this.#peer === undefined || !equalBytes(description.fingerprint, this.#peer.fingerprint)) {
      throw new NullroomError("E_FP_MISMATCH", "a restart with another certificate");
    }
    this.#peer = description;
    this.#candidates = 0;
  }

  #takeCandidates(list: readonly string[]): void {
    if (this.#peer === undefined) throw new NullroomError("E_SEAL", "candidates before a description");
    this.#candidates += list.length;
    if (this.#candidates > MAX_CANDIDATES) throw new NullroomError("E_SDP_POLICY", "too many candidates");
    for (const candidate of list) {
      const { ufrag } = parseCandidate(candidate);
      const isLate = ufrag !== undefined && ufrag !== this.#peer.ufrag;
      if (!isLate) this.#link.addCandidate({ candidate, sdpMid: "0", sdpMLineIndex: 0 });
    }
  }

  #hearPeer(event: PeerEvent): void {
    switch (event.type) {
      case "description":
        this.#work.run(() => this.#describe(event.description));
        break;
      case "candidate":
        this.#queueCandidate(event.candidate.candidate);
        break;
      case "candidates-end":
        this.#work.run(() => this.#tell({ type: "signal", body: { t: "end" } }));
        break;
      case "connection":
        this.#hearState(event.state);
        break;
      case "channel":
        this.#fail(new NullroomError("E_CHANNEL", "a channel that nobody agreed on"));
        break;
      case "failed":
        // What the runtime will not have is no connection, and a connection can be made anew.
        void this.#tell(event.error.code === "E_INTERNAL" ? event : { type: "state", state: "failed" });
        break;
      default:
        event satisfies never;
    }
  }

  #hearState(state: RTCPeerConnectionState): void {
    if (state === "connected" || state === "disconnected") void this.#tell({ type: "state", state });
    else if (state === "failed" || state === "closed") void this.#tell({ type: "state", state: "failed" });
  }

  #describe({ type, sdp }: { type: "offer" | "answer"; sdp: string }): void {
    const bare = withoutCandidates(sdp);
    const isFirst = this.#own === undefined;
    this.#own = checkSdp(bare, type);
    const t = isFirst || type === "answer" ? type : "restart";
    void this.#tell({ type: "signal", body: { t, sdp: bare } });
    if (isFirst) this.#bind();
    else if (type === "answer") void this.#tell({ type: "restarted" });
  }

  /** Candidates found in one go travel together. */
  #queueCandidate(candidate: string): void {
    const outgoing = outgoingCandidate(candidate, this.#isRelayOnly);
    if (outgoing === undefined) return;
    this.#found.push(outgoing);
    if (this.#found.length > 1) return;
    this.#work.run(() => {
      while (this.#found.length > 0) {
        const c = this.#found.splice(0, CANDIDATES_PER_SIGNAL);
        void this.#tell({ type: "signal", body: { t: "cand", c } });
      }
    });
  }

  /** Once both fingerprints are known, and once only. */
  #bind(): void {
    const { fingerprints } = this;
    if (fingerprints === undefined) return;
    this.#work.run(async () => this.#tell({ type: "bound", binding: await bindingOf(fingerprints) }));
  }

  /** Silent once it has been closed. */
  #tell(event: TransportEvent): void | Promise<void> {
    if (!this.#options.signal.aborted) return this.#options.onEvent(event);
  }

  #fail(thrown: unknown): void {
    const error = asNullroomError(thrown, "E_CHANNEL", "the transport failed");
    void this.#tell({ type: "failed", error });
  }
}
