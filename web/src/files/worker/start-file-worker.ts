import type { FileWorker } from "@nullroom/core/platform";
import { ENGINE_URL, workerUrl } from "./worker-urls.ts";

/** Start the worker that moves files, and tell it where its engine is, which it loads later. */
export function startFileWorker(): FileWorker {
  const worker = new Worker(workerUrl(), { type: "module", name: "files" });
  worker.postMessage({ engine: ENGINE_URL });
  return worker;
}
