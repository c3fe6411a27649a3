import type { DeskNews } from "@nullroom/core/desk/calls";
import type { Engine } from "@nullroom/core/desk/held-call";

declare global {
  /** How the engine, which is a script of its own, hands itself to the gate that loaded it. */
  var startFileEngine: ((post: (news: DeskNews) => void) => Engine) | undefined;
}
