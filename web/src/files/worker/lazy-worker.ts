import { LazyEngine } from "@nullroom/core/engine/lazy";
import type { EngineCall, EngineEvent } from "@nullroom/core/engine/messages";
import "./engine-global.ts";

/**
 * The worker of a room's files, as far as every room needs it: it takes the bulk channel, which a browser gives away
 * only at once, and loads the engine once two have met. Each of the two is built as one file of its own: an import
 * map's integrity does not reach into workers.
 */
const post = (news: EngineEvent) => postMessage(news);

let engineUrl = "";

const gate = new LazyEngine({
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
  else gate.perform(data);
});
