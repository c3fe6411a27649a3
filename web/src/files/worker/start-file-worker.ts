import type { FileWorker } from "@nullroom/core/platform";
import { ENGINE_URL, workerUrl } from "./worker-urls.ts";

/** The worker that moves files; it knows from the start where its larger half is. */
export function startFileWorker(): FileWorker {
  const worker = new Worker(workerUrl(), { type: "module", name: "files" });
  worker.postMessage({ engine: ENGINE_URL });
  return worker;
}
