import { LazyEngine } from "@nullroom/core/engine/lazy";
import type { EngineCall, EngineEvent } from "@nullroom/core/engine/messages";
import "./engine-global.ts";

/**
 * The part of the file worker that every room needs: it takes over the bulk channel, which a browser transfers only at
 * once, and loads the engine once two have met. This part and the engine are each built as a single file, because the
 * integrity in an import map does not reach into workers.
 */
const post = (event: EngineEvent) => postMessage(event);

let engineUrl = "";

const engine = new LazyEngine({
  async load() {
    await import(/* @vite-ignore */ engineUrl);
    if (!globalThis.startFileEngine) throw new TypeError("this is not the engine");
    return globalThis.startFileEngine(post);
  },
  post,
  onFailure: () => post({ type: "gone" }),
});

addEventListener("message", ({ data }: MessageEvent<{ engine: string } | EngineCall>) => {
  if ("engine" in data) engineUrl = data.engine;
  else engine.perform(data);
});
