import type { PerformCall } from "@nullroom/core/engine/buffered-call";
import type { EngineEvent } from "@nullroom/core/engine/messages";

declare global {
  /** How the engine, which is a script of its own, hands itself to the gate that loaded it. */
  var startFileEngine: ((post: (news: EngineEvent) => void) => PerformCall) | undefined;
}
