import { after } from "../lifetime.ts";
import type { EndReason } from "../session/session.ts";
import type { StateEmitter } from "../session/state-emitter.ts";

export type PresenceOptions = {
  emitter: StateEmitter;
  now: () => number;
  signal: AbortSignal;
  /** The transport is back: texts that waited may be sent. */
  onResumed: () => void;
  onEnded: (reason: EndReason) => void;
};

/** How long an interrupted transport may take to come back by itself: classic cannot restart ICE. */
export const RECOVERY_MS = 30_000;
/** How long to wait, once the channel has closed, for the server to say that the other side left. */
export const HINT_MS = 1_000;

/**
 * Whether the other side of an open conversation is still there. The channel decides; what the server says is a
 * hint that explains a closed channel and never closes one.
 */
export class Presence {
  readonly #options: PresenceOptions;
  #hint: EndReason | undefined;
  #hasClosed = false;
  #cancelRecovery: () => void = () => undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  connection(state: RTCPeerConnectionState): void {
    const { phase } = this.#options.emitter.state;
    if (state === "failed" || state === "closed") this.closed();
    else if (state === "disconnected" && phase === "secure") this.#interrupted();
    else if (state === "connected" && phase === "reconnecting") this.#resumed();
  }

  /** The channel of texts has closed, which is final. */
  closed(): void {
    if (this.#hasClosed) return;
    this.#hasClosed = true;
    if (this.#hint) this.#options.onEnded(this.#hint);
    // Both the closed channel and the server's hint tell of a goodbye, in either order, and only the hint says why.
    else after(HINT_MS, this.#options.signal, () => this.#options.onEnded({ type: "lost" }));
  }

  /** The server says that the other side left. */
  hinted(reason: EndReason): void {
    this.#hint = reason;
    if (this.#hasClosed) this.#options.onEnded(reason);
  }

  #interrupted(): void {
    const { emitter, now, signal, onEnded } = this.#options;
    emitter.apply({ type: "interrupted", giveUpAt: now() + RECOVERY_MS });
    this.#cancelRecovery = after(RECOVERY_MS, signal, () => onEnded(this.#hint ?? { type: "lost" }));
  }

  #resumed(): void {
    this.#cancelRecovery();
    const { emitter, onResumed } = this.#options;
    if (emitter.state.phase === "reconnecting") emitter.apply({ type: "resumed", path: emitter.state.path });
    onResumed();
  }
}
