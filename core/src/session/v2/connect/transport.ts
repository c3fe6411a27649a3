import type { Binding, Fingerprints } from "../../../crypto/binding.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { NullroomError } from "../../../errors.ts";
import type { Path } from "../../../peer/path.ts";
import type { DataChannel } from "../../../platform.ts";
import type { SignalBody } from "../../../wire/signal-body.ts";

/**
 * What carries ctl and bulk between two who have authenticated each other. It knows nothing of records, keys and sessions;
 * it carries bytes, tells how it is doing, and says what names its two ends. `transport.contract.ts` is what every
 * implementation passes; `PeerConnectionTransport` is the one that sessions use.
 */
export interface Transport {
  /** Reliable, ordered, messages of up to 64 KiB and 256 bytes; opens when the other side is there. */
  readonly ctl: DataChannel;
  /** As ctl. Whoever moves files takes it over within the task in which the transport was opened. */
  readonly bulk: DataChannel;
  /** The transport's own stack says that the other end is there. A stack that cannot know says no. */
  readonly isConnected: boolean;
  /** What further connections between the same two ends are made with; undefined where there can be none. */
  readonly lanes: LaneBasis | undefined;
  /** Resolves when the end that was bound is the one at the other side. @throws "E_FP_MISMATCH" */
  verifyPeer(): Promise<void>;
  /**
   * What the other side says about its end, from a sealed signal.
   * @throws "E_SDP_POLICY", "E_FP_MISMATCH"; "E_SEAL" for what has no place
   */
  hearSignal(body: TransportSignal): void;
  /** Find another way between the same two ends, where the transport can; comes out as something to be said. */
  restart(): void;
  /** How bytes travel, at once and whenever it changes, until `signal` aborts. */
  watchPath(signal: AbortSignal, onPath: (path: Path) => void): void;
  /** The shortest way to the other side and back, as far as the transport knows: milliseconds. */
  roundTripMs(): Promise<number | undefined>;
}

/** What a transport's two ends say to each other before there is anything else between them. */
export type TransportSignal = Extract<SignalBody, { t: "offer" | "answer" | "restart" | "cand" }>;

export type TransportEvent =
  /** To be sealed and said to the other side, in this order. */
  | { type: "signal"; body: SignalBody }
  /**
   * Once, at about the time at which ctl opens: what names both ends, the same on both sides. A returned promise is waited
   * for.
   */
  | { type: "bound"; binding: Binding }
  | { type: "state"; state: TransportState }
  /** Both ends have said how to find another way. */
  | { type: "restarted" }
  /** The other side, or the runtime, has done what no honest one does: this transport has ended. */
  | { type: "failed"; error: NullroomError };

/** `disconnected` may heal by itself, `failed` does not. */
export type TransportState = "connected" | "disconnected" | "failed";

/** For more connections beside a PeerConnection: as the server has said it last, and under the same certificate. */
export type LaneBasis = { readonly configuration: RTCConfiguration; readonly fingerprints: Fingerprints };

export type TransportOptions = {
  role: Role;
  /** Closes the transport, which is silent from then on. */
  signal: AbortSignal;
  onEvent: (event: TransportEvent) => void | Promise<void>;
};

/** Resolves when there are channels, long before they are open. Nothing is reported before that. */
export type OpenTransport = (options: TransportOptions) => Promise<Transport>;
