import { after } from "../lifetime.ts";
import type { EndReason } from "../session/session.ts";
import type { StateEmitter } from "../session/state-emitter.ts";

export type PresenceOptions = {
  stage: StateEmitter;
  now: () => number;
  signal: AbortSignal;
  /** The transport is back: what waited may go. */
  onResumed: () => void;
  onEnded: (reason: EndReason) => void;
};

/** How long an interrupted transport may take to come back by itself: classic cannot restart ICE. */
export const RECOVERY_MS = 30_000;
/** How long to wait, once the line has closed, for the server to say that the other side left. */
export const HINT_MS = 1_000;

/**
 * Whether the other side of an open conversation is still there. The line decides; what the server says is a
 * hint that explains a closed line and never closes one.
 */
export class Presence {
  readonly #options: PresenceOptions;
  #hint: EndReason | undefined;
  #lineClosed = false;
  #cancelRecovery: () => void = () => undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get lineClosed(): boolean {
    return this.#lineClosed;
  }

  connection(state: RTCPeerConnectionState): void {
    const { phase } = this.#options.stage.state;
    if (state === "failed" || state === "closed") this.closed();
    else if (state === "disconnected" && phase === "secure") this.#interrupted();
    else if (state === "connected" && phase === "reconnecting") this.#resumed();
  }

  /** The line has closed, which is final. */
  closed(): void {
    if (this.#lineClosed) return;
    this.#lineClosed = true;
    if (this.#hint) this.#options.onEnded(this.#hint);
    // News of a goodbye comes on two ways, in either order.
    else after(HINT_MS, this.#options.signal, () => this.#options.onEnded({ type: "lost" }));
  }

  /** The server says that the other side left. */
  hinted(reason: EndReason): void {
    this.#hint = reason;
    if (this.#lineClosed) this.#options.onEnded(reason);
  }

  #interrupted(): void {
    const { stage, now, signal, onEnded } = this.#options;
    stage.apply({ type: "interrupted", giveUpAt: now() + RECOVERY_MS });
    this.#cancelRecovery = after(RECOVERY_MS, signal, () => onEnded(this.#hint ?? { type: "lost" }));
  }

  #resumed(): void {
    this.#cancelRecovery();
    const { stage, onResumed } = this.#options;
    if (stage.state.phase === "reconnecting") stage.apply({ type: "resumed", path: stage.state.path });
    onResumed();
  }
}
