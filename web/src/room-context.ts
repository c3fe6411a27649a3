import { Application, Controller } from "@hotwired/stimulus";
import type { Platform } from "@nullroom/core/platform";
import type { Session, SessionEvent } from "@nullroom/core/session";
import type { ErrorText } from "./say/errors.ts";

/** What the controllers of one document share. */
export type RoomContext = {
  /** Where the server's own paths begin. */
  readonly base: URL;
  readonly platform: Platform;
  /** There is none before a person has asked for it by a click, and none after the end. */
  session: Session | undefined;
  /** The fragment of the link that was opened, until it is used. */
  invite: string | undefined;
  /** Why it is over, once it is. A refusal says so in the page; an end interrupts. */
  ending: { words: ErrorText; refusal: boolean } | undefined;
};

/** How a session's events reach the controllers: `session:message` and so on, on the window. */
export type SessionEventOf<Type extends SessionEvent["type"]> = CustomEvent<
  Extract<SessionEvent, { type: Type }>
>;

export class RoomApplication extends Application {
  readonly room: RoomContext;

  constructor(room: RoomContext) {
    super(document.documentElement);
    this.room = room;
  }

  /** Stimulus would print it, and nothing may reach the console of a room. */
  override handleError = (error: Error): void => {
    if (import.meta.env.DEV) throw error;
  };
}

/** A controller that knows the place it is in. */
export abstract class RoomPart<E extends Element = HTMLElement> extends Controller<E> {
  get room(): RoomContext {
    if (this.application instanceof RoomApplication) return this.application.room;
    throw new TypeError("registered outside a room");
  }
}
