import { Application, Controller } from "@hotwired/stimulus";
import type { Platform } from "@nullroom/core/platform";
import type { Session, SessionEvent } from "@nullroom/core/session";
import type { ErrorText } from "./say/errors.ts";

/** The context that all controllers of one document share. */
export type RoomContext = {
  /** Where the server's own paths begin. */
  readonly base: URL;
  readonly platform: Platform;
  /** The session exists from the click that creates or joins a room until the end. */
  session: Session | undefined;
  /** The fragment of the link that was opened, until a session ends or another link is pasted. */
  invite: string | undefined;
  /** Why the room is over, once it is. A refusal is told in the page itself, any other end in a dialog over it. */
  ending: { reason: ErrorText; isRefusal: boolean } | undefined;
};

/** A session's event as it reaches the controllers: on the window, as `session:message` and so on. */
export type SessionEventOf<Type extends SessionEvent["type"]> = CustomEvent<
  Extract<SessionEvent, { type: Type }>
>;

export class RoomApplication extends Application {
  readonly room: RoomContext;

  constructor(room: RoomContext) {
    super(document.documentElement);
    this.room = room;
  }

  /** Stimulus would print the error, and nothing may reach the console of a room. */
  override handleError = (error: Error): void => {
    if (import.meta.env.DEV) throw error;
  };
}

/** A controller of the room, with access to the context that all of them share. */
export abstract class RoomPart<E extends Element = HTMLElement> extends Controller<E> {
  get room(): RoomContext {
    if (this.application instanceof RoomApplication) return this.application.room;
    throw new TypeError("registered outside a room");
  }
}
