import type { PerformCall } from "@nullroom/core/engine/buffered-call";
import type { EngineEvent } from "@nullroom/core/engine/messages";

declare global {
  /** How the engine, which is a script of its own, hands itself to the lazy engine that loaded it. */
  var startFileEngine: ((post: (event: EngineEvent) => void) => PerformCall) | undefined;
}
