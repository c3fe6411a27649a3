import { NullroomError } from "@nullroom/core/errors";
import type { Platform } from "@nullroom/core/platform";
import { isRoomId } from "@nullroom/core/wire/ids";
import type {
  EndReason,
  MessageId,
  Session,
  SessionEvent,
  SessionFiles,
  SessionState,
  Transfer,
  TransferId,
} from "../../core/src/session/session.ts";

/**
 * This module replaces `@nullroom/core/session` when the pages are photographed, so that every state can be shown
 * without a second browser. A scene drives the session through `window.fake`.
 */
type Options = { platform: Platform; hideAddress: boolean };

const ROOM = "3f0c7d1e-8a42-4b6f-9d15-52c8e0b7a934";
const FRAGMENT = "2.mJ2v7d0qkX5sT3ZpQe8wYf1LrNcU6hBaGiK9oVxSzDM";

/** @public The build's alias puts this function in the place of the real one. */
export function pickProtocol(fragment: string): "2" {
  if (fragment === "") throw new NullroomError("E_LINK_FORMAT", "no fragment");
  return "2";
}

/** @public The build's alias puts this function in the place of the real one. */
export async function createRoom({ platform }: Options): Promise<Session> {
  const session = new FakeSession(platform, FRAGMENT);
  session.is({ phase: "waiting", deadline: platform.now() + 897_000 });
  return session;
}

/** @public The build's alias puts this function in the place of the real one. */
export async function joinRoom({ platform, hideAddress }: Options): Promise<Session> {
  if (hideAddress) throw new NullroomError("E_RELAY_NONE", "no relay");
  const session = new FakeSession(platform, undefined);
  session.is({ phase: "connecting", step: "joining", attempt: 1 });
  return session;
}

export class FakeSession implements Session {
  readonly roomId;
  readonly fileSizeLimit = 16 * 1024 * 1024;
  protocol: Session["protocol"] = "2";
  state: SessionState = { phase: "connecting", step: "joining", attempt: 1 };
  fragment: string | undefined;
  readonly shownIds: MessageId[] = [];
  readonly #platform: Platform;
  #listeners: ((event: SessionEvent) => void)[] = [];
  #count = 0;

  constructor(platform: Platform, fragment: string | undefined) {
    if (!isRoomId(ROOM)) throw new TypeError("the fake's own id is malformed");
    this.roomId = ROOM;
    this.fragment = fragment;
    this.#platform = platform;
    Object.defineProperty(globalThis, "fake", { value: this, configurable: true });
  }

  now(): number {
    return this.#platform.now();
  }

  is(state: SessionState): void {
    this.state = state;
    this.emit({ type: "state", state });
  }

  emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  subscribe(listener: (event: SessionEvent) => void, signal: AbortSignal): void {
    this.#listeners.push(listener);
    signal.addEventListener("abort", () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    });
  }

  sendText(text: string): MessageId {
    const id: MessageId = `out-${this.#count++}`;
    this.emit({ type: "message", id, from: "me", text, cleaned: false });
    this.emit({ type: "delivery", id, status: this.state.phase === "secure" ? "sent" : "queued" });
    return id;
  }

  says(text: string, cleaned = false): void {
    this.emit({ type: "message", id: `in-${this.#count++}`, from: "peer", text, cleaned });
  }

  file(transfer: Partial<Transfer> & { id: TransferId }): void {
    const direction = transfer.id.startsWith("out") ? "out" : "in";
    const usual = { name: "Lease, signed.pdf", type: "application/pdf", size: 4_404_019, moved: 0 };
    this.emit({ type: "transfer", transfer: { ...usual, direction, status: "moving", ...transfer } });
  }

  shown(id: MessageId): void {
    this.shownIds.push(id);
  }

  readonly files: SessionFiles = {
    offer: ({ name, size }) => {
      if (size > this.fileSizeLimit) throw new NullroomError("E_FILE_LIMIT", "too large");
      const id: TransferId = `out-${this.#count++}`;
      this.file({ id, name, size });
      return [id];
    },
    accept: (id) => this.file({ id, status: "moving", moved: 1_400_000 }),
    decline: (id) => this.file({ id, status: "declined" }),
    cancel: (id) => this.file({ id, status: "cancelled" }),
    pause: (id) => this.file({ id, status: "paused", pausedBy: "me" }),
    resume: (id) => this.file({ id, status: "moving", moved: 1_400_000 }),
  };

  compareWords(match: boolean): void {
    if (this.state.phase !== "secure" || !this.state.words) return;
    if (match) this.is({ ...this.state, words: { ...this.state.words, mine: true } });
    else this.wipe({ type: "words-differ" });
  }

  retry(): void {
    this.is({ phase: "connecting", step: "joining", attempt: 2 });
  }

  evict(): void {
    this.is({ phase: "waiting", deadline: performance.now() + 600_000 });
  }

  wake(): void {
    this.is(this.state);
  }

  async destroy(): Promise<void> {
    this.wipe({ type: "destroyed" });
  }

  wipe(reason: EndReason): void {
    if (this.state.phase !== "ended") this.is({ phase: "ended", reason });
  }
}
