import type { PerformCall } from "@nullroom/core/engine/buffered-call";
import type { EngineEvent } from "@nullroom/core/engine/messages";

declare global {
  /** The engine is built as a script of its own. Once imported, it gives its start function to the lazy worker here. */
  var startFileEngine: ((post: (event: EngineEvent) => void) => PerformCall) | undefined;
}
