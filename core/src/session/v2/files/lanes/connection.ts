import type { Bytes } from "../../../../brand.ts";
import { equalBytes } from "../../../../crypto/bytes.ts";
import { asNullroomError, NullroomError } from "../../../../errors.ts";
import { after, childOf } from "../../../../lifetime.ts";
import { type PeerEvent, PeerLink } from "../../../../peer/peer-link.ts";
import type { Platform } from "../../../../platform.ts";
import { outgoingCandidate } from "../../../../wire/candidate.ts";
import { checkSdp, MAX_CANDIDATES, withoutCandidates } from "../../../../wire/sdp.ts";
import { verifyCertificate } from "../../connect/certificate.ts";

export type LaneConnectionOptions = {
  platform: Pick<Platform, "createPeerConnection">;
  /** With the certificate of the session's own connection. */
  configuration: RTCConfiguration;
  /** Of both certificates; those of a lane are no others. */
  fingerprints: { own: Bytes; peer: Bytes };
  signal: AbortSignal;
  /** The connection was there, or was to be, and is no longer. */
  onLost: () => void;
  /** The other side did what no honest one does. */
  onFailure: (thrown: unknown) => void;
};

/** How long candidates are waited for. They travel inside the description, and a relay that is slow is left out. */
const GATHER_MS = 2_000;
/** As long as the session's own connection may be without a way before something is done about it. */
const DISCONNECTED_MS = 5_000;

/** One more PeerConnection between two who have one already, with a single channel. spec/3-session.md §6. */
export class LaneConnection {
  readonly channel: RTCDataChannel;
  /** Resolves when it is connected, and to the right peer. */
  readonly up: Promise<void>;
  readonly #options: LaneConnectionOptions;
  readonly #lifetime: AbortController;
  readonly #link: PeerLink;
  readonly #candidates: string[] = [];
  #description: string | undefined;
  #isWhole = false;
  #onDescribed: (sdp: string) => void = () => undefined;
  #onGaveUp: (error: NullroomError) => void = () => undefined;
  #onUp: () => void = () => undefined;
  #cancelDoubt: () => void = () => undefined;

  constructor(options: LaneConnectionOptions) {
    this.#options = options;
    this.up = new Promise((resolve) => {
      this.#onUp = resolve;
    });
    this.#lifetime = childOf(options.signal);
    const { platform, configuration } = options;
    const { signal } = this.#lifetime;
    this.#link = new PeerLink({ platform, configuration, signal, onEvent: (event) => this.#hearPeer(event) });
    this.channel = this.#link.createChannel("", { negotiated: true, id: 1, ordered: true });
  }

  /** @throws "E_CHANNEL" where the runtime makes none */
  offer(): Promise<string> {
    this.#link.offer();
    return this.#described();
  }

  /** @throws "E_SDP_POLICY", "E_FP_MISMATCH"; "E_CHANNEL" where the runtime makes none */
  answer(offer: string): Promise<string> {
    this.#check(offer, "offer");
    this.#link.accept({ type: "offer", sdp: offer });
    return this.#described();
  }

  /** @throws "E_SDP_POLICY", "E_FP_MISMATCH" */
  accept(answer: string): void {
    this.#check(answer, "answer");
    this.#link.accept({ type: "answer", sdp: answer });
  }

  close(): void {
    this.#lifetime.abort();
  }

  #check(sdp: string, kind: "offer" | "answer"): void {
    const { fingerprint } = checkSdp(sdp, kind);
    if (!equalBytes(fingerprint, this.#options.fingerprints.peer)) {
      throw new NullroomError("E_FP_MISMATCH", "a lane with another certificate");
    }
  }

  #described(): Promise<string> {
    const { signal } = this.#lifetime;
    return new Promise((resolve, reject) => {
      this.#onDescribed = resolve;
      this.#onGaveUp = reject;
      signal.addEventListener("abort", () => reject(noLane()), { once: true });
      after(GATHER_MS, signal, () => this.#tellWhole());
    });
  }

  #hearPeer(event: PeerEvent): void {
    switch (event.type) {
      case "description":
        this.#describe(event.description.type, event.description.sdp);
        break;
      case "candidate":
        this.#found(event.candidate.candidate);
        break;
      case "candidates-end":
        this.#tellWhole();
        break;
      case "connection":
        this.#changed(event.state);
        break;
      case "channel":
        this.#options.onFailure(new NullroomError("E_CHANNEL", "a channel that nobody agreed on"));
        break;
      case "failed":
        this.#onGaveUp(event.error);
        this.#options.onLost();
        break;
      default:
        event satisfies never;
    }
  }

  #describe(kind: "offer" | "answer", sdp: string): void {
    try {
      const bare = withoutCandidates(sdp);
      const { fingerprint } = checkSdp(bare, kind);
      // A runtime that does not use the certificate that it is given cannot have lanes.
      if (!equalBytes(fingerprint, this.#options.fingerprints.own)) throw noLane();
      this.#description = bare;
    } catch (thrown) {
      this.#onGaveUp(asNullroomError(thrown, "E_CHANNEL", "no description"));
    }
  }

  #found(candidate: string): void {
    const relayOnly = this.#options.configuration.iceTransportPolicy === "relay";
    const outgoing = outgoingCandidate(candidate, relayOnly);
    if (outgoing !== undefined && this.#candidates.length < MAX_CANDIDATES) this.#candidates.push(outgoing);
  }

  /**
   * All candidates are there, or have had their time. A lane that has found none is described nevertheless: the other side
   * may learn its address from the packets that arrive (a peer-reflexive candidate).
   */
  #tellWhole(): void {
    if (this.#isWhole || this.#description === undefined) return;
    this.#isWhole = true;
    const lines = this.#candidates.map((candidate) => `a=${candidate}\r\n`);
    this.#onDescribed(this.#description + lines.join(""));
  }

  #changed(state: RTCPeerConnectionState): void {
    const { onLost, onFailure, fingerprints } = this.#options;
    this.#cancelDoubt();
    if (state === "failed" || state === "closed") onLost();
    if (state === "disconnected") {
      this.#cancelDoubt = after(DISCONNECTED_MS, this.#lifetime.signal, onLost);
    }
    if (state === "connected")
      verifyCertificate(this.#link.pc, fingerprints.peer).then(this.#onUp, onFailure);
  }
}

function noLane(): NullroomError {
  return new NullroomError("E_CHANNEL", "no lane");
}
