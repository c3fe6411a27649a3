import { Application, Controller } from "@hotwired/stimulus";
import type { Platform } from "@nullroom/core/platform";
import type { Session, SessionEvent } from "@nullroom/core/session";
import type { Words } from "./say/errors.ts";

/** What the controllers of one document share. */
export type Place = {
  /** Where the server's own paths begin. */
  readonly base: URL;
  readonly platform: Platform;
  /** There is none before a person has asked for it by a click, and none after the end. */
  session: Session | undefined;
  /** The fragment of the link that was opened, until it is used. */
  invite: string | undefined;
  /** Why it is over, once it is. A refusal says so in the page; an end interrupts. */
  ending: { words: Words; refusal: boolean } | undefined;
};

/** How a session's events reach the controllers: `session:message` and so on, on the window. */
export type Told<Type extends SessionEvent["type"]> = CustomEvent<Extract<SessionEvent, { type: Type }>>;

export class RoomApplication extends Application {
  readonly place: Place;

  constructor(place: Place) {
    super(document.documentElement);
    this.place = place;
  }

  /** Stimulus would print it, and nothing may reach the console of a room. */
  override handleError = (error: Error): void => {
    if (import.meta.env.DEV) throw error;
  };
}

/** A controller that knows the place it is in. */
export abstract class Part<E extends Element = HTMLElement> extends Controller<E> {
  get place(): Place {
    if (this.application instanceof RoomApplication) return this.application.place;
    throw new TypeError("registered outside a room");
  }
}
