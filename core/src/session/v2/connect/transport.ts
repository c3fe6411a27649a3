import type { Bytes } from "../../../brand.ts";
import { bindChains, type Fingerprints } from "../../../crypto/binding.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import { type PeerEvent, PeerLink } from "../../../peer/peer-link.ts";
import type { PeerConnection, Platform } from "../../../platform.ts";
import { outgoingCandidate, parseCandidate } from "../../../wire/candidate.ts";
import { checkSdp, type Description, MAX_CANDIDATES, withoutCandidates } from "../../../wire/sdp.ts";
import { CANDIDATES_PER_SIGNAL, type SignalBody } from "../../../wire/signal-body.ts";
import type { FileEngineClient } from "../engine/client.ts";
import { SecureChannels } from "../records/secure-channels.ts";
import type { SecureChannelsEvent } from "../records/secure-channels-options.ts";
import { verifyCertificate } from "./certificate.ts";

export type TransportEvent =
  | { type: "say"; body: SignalBody }
  | { type: "connection"; state: RTCPeerConnectionState }
  /** L1: both sides have described themselves anew. */
  | { type: "restarted" }
  | SecureChannelsEvent;

export type TransportOptions = {
  platform: Platform;
  engine: FileEngineClient;
  configuration: RTCConfiguration;
  /** What the server has said last: a restart takes fresh credentials. */
  latest: () => RTCConfiguration;
  role: Role;
  /** Zero once both fingerprints are known. */
  rec: Bytes;
  signal: AbortSignal;
  onEvent: (event: TransportEvent) => void | Promise<void>;
};

/**
 * One PeerConnection between two who have authenticated each other: descriptions and candidates under the SDP
 * policy, the certificates bound into the keys, two negotiated channels. spec/3-session.md §6.
 */
export class Transport {
  readonly channels: SecureChannels;
  readonly #options: TransportOptions;
  readonly #link: PeerLink;
  readonly #work: Serial;
  #own: Description | undefined;
  #peer: Description | undefined;
  #candidates = 0;
  #pending: string[] = [];
  #awaitsAnswer = false;

  /** With a certificate of its own, where the runtime lets us make one. */
  static async open(options: TransportOptions): Promise<Transport> {
    const certificate = await options.platform.generateCertificate?.();
    const { configuration } = options;
    if (certificate === undefined) return new Transport(options);
    return new Transport({ ...options, configuration: { ...configuration, certificates: [certificate] } });
  }

  private constructor(options: TransportOptions) {
    const { platform, engine, configuration, role, signal } = options;
    this.#options = options;
    this.#work = new Serial(signal, (thrown) => this.#fail(thrown));
    this.#link = new PeerLink({ platform, configuration, signal, onEvent: (event) => this.#hearPeer(event) });
    const channel = (id: number) => this.#link.createChannel("", { negotiated: true, id, ordered: true });
    this.channels = new SecureChannels({
      ctl: channel(0),
      bulk: channel(1),
      engine: engine,
      signal,
      onEvent: options.onEvent,
    });
    if (role === 0) this.#link.offer();
  }

  get pc(): PeerConnection {
    return this.#link.pc;
  }

  get role(): Role {
    return this.#options.role;
  }

  /** Of both certificates, once both descriptions are there: every epoch's chains are bound to them. */
  get fingerprints(): Fingerprints | undefined {
    const [own, peer] = [this.#own?.fingerprint, this.#peer?.fingerprint];
    if (own === undefined || peer === undefined) return undefined;
    return this.role === 0 ? { fpI: own, fpR: peer } : { fpI: peer, fpR: own };
  }

  /** For more connections beside this one: as the server has said it last, and under the same certificate. */
  get configuration(): RTCConfiguration {
    return this.#withCertificate(this.#options.latest());
  }

  /** L1, I's side: new ICE credentials over fresh servers, same certificate. Comes out as something to be said. */
  restart(): void {
    if (this.#own === undefined || this.#peer === undefined) return;
    this.#awaitsAnswer = true;
    this.#link.reconfigure(this.configuration);
    this.#link.offer({ iceRestart: true });
  }

  /**
   * What the other side says about its end.
   * @throws "E_SDP_POLICY", "E_FP_MISMATCH"; "E_SEAL" for what has no place, as an answer that answers nothing
   */
  hearSignal(body: Extract<SignalBody, { t: "offer" | "answer" | "restart" | "cand" }>): void {
    if (body.t === "cand") this.#takeCandidates(body.c);
    else if (body.t === "restart") this.#takeRestart(body.sdp);
    else if (this.#peer === undefined) this.#takeDescription(body);
    else if (body.t === "answer" && this.#awaitsAnswer) this.#takeAnswer(body.sdp);
    else throw new NullroomError("E_SEAL", "a description out of place");
  }

  #takeDescription(body: Extract<SignalBody, { t: "offer" | "answer" }>): void {
    const expected = this.#options.role === 0 ? "answer" : "offer";
    if (body.t !== expected) throw new NullroomError("E_SEAL", "a description out of place");
    this.#peer = checkSdp(body.sdp, body.t);
    this.#link.accept({ type: body.t, sdp: body.sdp });
    this.#bind();
  }

  /** R's side of L1; the answer comes out as something to be said. */
  #takeRestart(sdp: string): void {
    if (this.#options.role === 0 || this.#own === undefined) {
      throw new NullroomError("E_SEAL", "nothing to restart");
    }
    this.#describedAnew(checkSdp(sdp, "offer"));
    this.#link.reconfigure(this.configuration);
    this.#link.accept({ type: "offer", sdp });
  }

  #takeAnswer(sdp: string): void {
    this.#describedAnew(checkSdp(sdp, "answer"));
    this.#awaitsAnswer = false;
    this.#link.accept({ type: "answer", sdp });
    void this.#options.onEvent({ type: "restarted" });
  }

  #describedAnew(description: Description): void {
    if (this.#peer === undefined || !equalBytes(description.fingerprint, this.#peer.fingerprint)) {
      throw new NullroomError("E_FP_MISMATCH", "a restart with another certificate");
    }
    this.#peer = description;
    this.#candidates = 0;
  }

  /** The runtime refuses to change certificates, and some take none for a change. */
  #withCertificate(configuration: RTCConfiguration): RTCConfiguration {
    const { certificates } = this.#options.configuration;
    return certificates === undefined ? configuration : { ...configuration, certificates };
  }

  /** The certificate at the other end is the one that the sealed SDP named. @throws "E_FP_MISMATCH" */
  verifyCertificate(): Promise<void> {
    return verifyCertificate(this.pc, this.#peer?.fingerprint);
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
    const { onEvent } = this.#options;
    switch (event.type) {
      case "description":
        this.#work.run(() => this.#describe(event.description));
        break;
      case "candidate":
        this.#found(event.candidate.candidate);
        break;
      case "candidates-end":
        this.#work.run(() => onEvent({ type: "say", body: { t: "end" } }));
        break;
      case "connection":
        void onEvent(event);
        break;
      case "channel":
        this.#fail(new NullroomError("E_CHANNEL", "a channel that nobody agreed on"));
        break;
      case "failed":
        // What the runtime will not have is no connection, and a connection can be made anew.
        void onEvent({ type: "connection", state: "failed" });
        break;
      default:
        event satisfies never;
    }
  }

  #describe({ type, sdp }: { type: "offer" | "answer"; sdp: string }): void {
    const bare = withoutCandidates(sdp);
    const { onEvent } = this.#options;
    const isFirst = this.#own === undefined;
    this.#own = checkSdp(bare, type);
    void onEvent({ type: "say", body: { t: isFirst || type === "answer" ? type : "restart", sdp: bare } });
    if (isFirst) this.#bind();
    else if (type === "answer") void onEvent({ type: "restarted" });
  }

  /** Candidates found in one go travel together. */
  #found(candidate: string): void {
    const relayOnly = this.#options.configuration.iceTransportPolicy === "relay";
    const outgoing = outgoingCandidate(candidate, relayOnly);
    if (outgoing === undefined) return;
    this.#pending.push(outgoing);
    if (this.#pending.length > 1) return;
    this.#work.run(() => {
      while (this.#pending.length > 0) {
        const c = this.#pending.splice(0, CANDIDATES_PER_SIGNAL);
        void this.#options.onEvent({ type: "say", body: { t: "cand", c } });
      }
    });
  }

  /** Once both fingerprints are known, and once only: `rec` is gone afterwards. */
  #bind(): void {
    const { fingerprints } = this;
    if (fingerprints === undefined) return;
    const { role, rec } = this.#options;
    this.#work.run(async () => this.channels.arm(await bindChains(rec, fingerprints, role), role));
  }

  #fail(thrown: unknown): void {
    const error = asNullroomError(thrown, "E_CHANNEL", "the transport failed");
    void this.#options.onEvent({ type: "failed", error });
  }
}
