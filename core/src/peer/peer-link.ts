import { asNullroomError, isRefusedByRuntime, NullroomError } from "../errors.ts";
import { Serial } from "../lifetime.ts";
import type { PeerConnection, Platform } from "../platform.ts";

/** What one side says to the other about itself. Each protocol has its own shape for it on the wire. */
export type Description = { type: "offer" | "answer"; sdp: string };
export type Candidate = { candidate: string; sdpMid: string | null; sdpMLineIndex: number | null };

export type PeerEvent =
  /** A description to be sent. It always comes before the candidates that belong to it. */
  | { type: "description"; description: Description }
  | { type: "candidate"; candidate: Candidate }
  | { type: "candidates-end" }
  | { type: "connection"; state: RTCPeerConnectionState }
  /** A channel that the other side opened. */
  | { type: "channel"; channel: RTCDataChannel }
  /** A description could not be made or taken, so this connection will not come about. */
  | { type: "failed"; error: NullroomError };

export type PeerLinkOptions = {
  platform: Pick<Platform, "createPeerConnection">;
  configuration: RTCConfiguration;
  signal: AbortSignal;
  onEvent: (event: PeerEvent) => void;
};

/**
 * A peer link is one RTCPeerConnection from its making to its close: descriptions in and out in order, candidates held
 * back until they can be used, states as they come. It knows no protocol. It closes with `signal` and is silent then.
 */
export class PeerLink {
  readonly pc: PeerConnection;
  readonly #signal: AbortSignal;
  readonly #onEvent: (event: PeerEvent) => void;
  readonly #work: Serial;
  /** Local candidates that were found before their description had been handed out. */
  #held: (Candidate | "end")[] | undefined = [];
  /** Remote candidates that came before the first remote description. */
  #early: Candidate[] | undefined = [];

  constructor({ platform, configuration, signal, onEvent }: PeerLinkOptions) {
    this.#signal = signal;
    this.#onEvent = onEvent;
    this.#work = new Serial(signal, (thrown) => {
      const error = asNullroomError(thrown, "E_CHANNEL", "the runtime refused a description");
      this.#tell({ type: "failed", error });
    });
    this.pc = platform.createPeerConnection(configuration);
    this.#listen();
    if (signal.aborted) this.pc.close();
    else signal.addEventListener("abort", () => this.pc.close(), { once: true });
  }

  createChannel(label: string, init: RTCDataChannelInit): RTCDataChannel {
    const channel = this.pc.createDataChannel(label, init);
    channel.binaryType = "arraybuffer";
    return channel;
  }

  /** Set servers and credentials as they are now, before a restart of ICE. */
  reconfigure(configuration: RTCConfiguration): void {
    this.#work.run(() => this.pc.setConfiguration(configuration));
  }

  /** Make an offer; it comes out as an event. */
  offer(options?: RTCOfferOptions): void {
    this.#work.run(async () => {
      this.#held ??= [];
      const offer = await this.pc.createOffer(options);
      await this.#publish("offer", offer.sdp);
    });
  }

  /** Take the other side's description; an offer is answered by an event. */
  accept(description: Description): void {
    this.#work.run(async () => {
      if (description.type === "offer") this.#held ??= [];
      await this.pc.setRemoteDescription(description);
      if (description.type === "offer") {
        const answer = await this.pc.createAnswer();
        await this.#publish("answer", answer.sdp);
      }
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const candidate of early) await this.#add(candidate);
    });
  }

  addCandidate(candidate: Candidate): void {
    this.#work.run(async () => {
      if (this.#early) this.#early.push(candidate);
      else await this.#add(candidate);
    });
  }

  async #add(candidate: Candidate): Promise<void> {
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (thrown) {
      // A candidate that this runtime cannot use is no failure: other candidates, or the deadline, decide.
      if (!isRefusedByRuntime(thrown)) throw thrown;
    }
  }

  async #publish(type: Description["type"], sdp: string | undefined): Promise<void> {
    if (!sdp) throw new NullroomError("E_CHANNEL", "the runtime made no description");
    await this.pc.setLocalDescription({ type, sdp });
    this.#tell({ type: "description", description: { type, sdp } });
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const candidate of held) this.#tellCandidate(candidate);
  }

  #listen(): void {
    const { pc } = this;
    const options = { signal: this.#signal };
    pc.addEventListener("icecandidate", ({ candidate }) => this.#found(candidate), options);
    pc.addEventListener(
      "connectionstatechange",
      () => this.#tell({ type: "connection", state: pc.connectionState }),
      options,
    );
    pc.addEventListener(
      "datachannel",
      ({ channel }) => {
        channel.binaryType = "arraybuffer";
        this.#tell({ type: "channel", channel });
      },
      options,
    );
  }

  #found(candidate: RTCIceCandidate | null): void {
    // Browsers end with null, and Firefox says an empty string before that.
    if (candidate?.candidate === "") return;
    const found = candidate ? plain(candidate) : "end";
    if (this.#held) this.#held.push(found);
    else this.#tellCandidate(found);
  }

  #tellCandidate(candidate: Candidate | "end"): void {
    this.#tell(candidate === "end" ? { type: "candidates-end" } : { type: "candidate", candidate });
  }

  #tell(event: PeerEvent): void {
    if (!this.#signal.aborted) this.#onEvent(event);
  }
}

function plain({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): Candidate {
  return { candidate, sdpMid, sdpMLineIndex };
}
