import type { Bytes, Seat } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { after } from "../lifetime.ts";
import { CONNECT_TIMEOUT_MS } from "../limits.ts";
import { type Candidate, type PeerEvent, PeerLink } from "../peer/peer-link.ts";
import type { PeerConnection, Platform } from "../platform.ts";
import { outgoingCandidate } from "../wire/candidate.ts";
import type { JsonObject } from "../wire/read.ts";
import { CHAT_LABEL, type ChannelsEvent, ClassicChannels, FILES_LABEL } from "./classic-channels.ts";
import { formatCandidate, formatDescription, parseSignal } from "./messages.ts";

export type AttemptEvent = ChannelsEvent | { type: "connection"; state: RTCPeerConnectionState };

export type AttemptOptions = {
  platform: Pick<Platform, "createPeerConnection">;
  configuration: RTCConfiguration;
  role: Seat;
  linkKey: Bytes;
  signal: AbortSignal;
  /** Say a signal to the other side, over the cable. */
  say: (data: JsonObject) => void;
  onEvent: (event: AttemptEvent) => void | Promise<void>;
};

/**
 * An attempt leads from `peer_ready` to secured channels, by offer, answer and candidates in the clear. Classic makes
 * only one.
 */
export class Attempt {
  readonly channels: ClassicChannels;
  readonly #link: PeerLink;
  readonly #options: AttemptOptions;

  constructor(options: AttemptOptions) {
    const { platform, configuration, role, linkKey, signal } = options;
    this.#options = options;
    const cancelDeadline = after(CONNECT_TIMEOUT_MS, signal, () => {
      this.#fail(new NullroomError("E_CHANNEL", "no path in time"));
    });
    this.channels = new ClassicChannels({
      role,
      linkKey,
      signal,
      onEvent: (event) => {
        if (event.type === "secured") cancelDeadline();
        return options.onEvent(event);
      },
    });
    this.#link = new PeerLink({ platform, configuration, signal, onEvent: (event) => this.#hearPeer(event) });
    if (role === 0) this.#open();
  }

  get pc(): PeerConnection {
    return this.#link.pc;
  }

  hearSignal(data: unknown): void {
    try {
      this.#takeSignal(data);
    } catch (thrown) {
      if (!(thrown instanceof NullroomError)) throw thrown;
      this.#fail(thrown);
    }
  }

  #open(): void {
    this.channels.add(this.#link.createChannel(CHAT_LABEL, { ordered: true }));
    this.channels.add(this.#link.createChannel(FILES_LABEL, { ordered: true }));
    this.#link.offer();
  }

  #takeSignal(data: unknown): void {
    const signal = parseSignal(data);
    switch (signal.type) {
      case "description":
        // Only the initiator offers, so two offers never cross.
        if ((signal.description.type === "offer") === (this.#options.role === 0)) {
          throw new NullroomError("E_MALFORMED", "a description of the wrong kind");
        }
        this.#link.accept(signal.description);
        break;
      case "candidate":
        this.#link.addCandidate(signal.candidate);
        break;
      case "candidates-end":
        break;
      default:
        signal satisfies never;
    }
  }

  #hearPeer(event: PeerEvent): void {
    const { say, onEvent } = this.#options;
    switch (event.type) {
      case "description":
        say(formatDescription(event.description));
        break;
      case "candidate":
        this.#sayCandidate(event.candidate);
        break;
      case "candidates-end":
        break;
      case "channel":
        this.channels.add(event.channel);
        break;
      case "connection":
        void onEvent(event);
        break;
      case "failed":
        this.#fail(event.error);
        break;
      default:
        event satisfies never;
    }
  }

  /** A relay's candidate also names the address that is to be hidden, so that part is taken out. */
  #sayCandidate(found: Candidate): void {
    const { say, configuration } = this.#options;
    const isHidden = configuration.iceTransportPolicy === "relay";
    const candidate = isHidden ? outgoingCandidate(found.candidate, true) : found.candidate;
    if (candidate !== undefined) say(formatCandidate({ ...found, candidate }));
  }

  #fail(error: NullroomError): void {
    void this.#options.onEvent({ type: "failed", error });
  }
}
