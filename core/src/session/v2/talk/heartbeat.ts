import { equalBytes, randomBytes } from "../../../crypto/bytes.ts";
import { after } from "../../../lifetime.ts";
import { type FrameBytes, randomIgnoredFrame, type TalkFrame } from "../../../wire/frames.ts";
import { PING_MIN_MS, PING_SPREAD_MS, SILENCE_MS, TIMER_SLACK_MS } from "../timing.ts";

export type HeartbeatOptions = {
  /** Ends with the connection. */
  signal: AbortSignal;
  now: () => number;
  send: (frame: TalkFrame | FrameBytes) => Promise<void>;
  /** The last PING was answered. */
  onProof: () => void;
  /** Three PINGs in a row went unanswered. */
  onSilence: () => void;
  random?: () => number;
};

/** One of so many PINGs comes with a record of a type that nobody knows yet and that has to be ignored. */
const PINGS_PER_STRANGER = 8;

/** PING every 15 s ± 5 s: a transport that looks alive and carries nothing is found out. spec/4-frames.md §5. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #last = randomBytes(8);
  #unansweredSince: number | undefined;
  #cancel: () => void = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** The token must be the last PING's: an older PONG may have waited in a queue while nothing came through any more. */
  heardPong(token: Uint8Array): void {
    if (!equalBytes(token, this.#last)) return;
    this.#unansweredSince = undefined;
    this.#options.onProof();
  }

  /** PING at once. */
  probe(): void {
    this.#unansweredSince ??= this.#options.now();
    this.#last = randomBytes(8);
    this.#say({ type: "ping", token: this.#last });
    const { random = Math.random } = this.#options;
    if (random() * PINGS_PER_STRANGER < 1) this.#say(randomIgnoredFrame(randomBytes(9)));
    this.#schedule();
  }

  #say(frame: TalkFrame | FrameBytes): void {
    this.#options.send(frame).catch(() => {
      // because channels that cannot carry it have ended, and report that themselves
    });
  }

  #schedule(): void {
    const { signal, now, random = Math.random } = this.#options;
    const wait = PING_MIN_MS + random() * PING_SPREAD_MS;
    const due = now() + wait;
    this.#cancel();
    this.#cancel = after(wait, signal, () => this.#beat(now() - due));
  }

  #beat(lateMs: number): void {
    const { now, onSilence } = this.#options;
    // A late timer was throttled, or the page stood still: what was missed meanwhile was missed on this side.
    if (lateMs > TIMER_SLACK_MS) this.#unansweredSince = undefined;
    const isSilent = this.#unansweredSince !== undefined && now() - this.#unansweredSince >= SILENCE_MS;
    this.probe();
    if (isSilent) onSilence();
  }
}
