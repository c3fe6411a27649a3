/** Loaded into every server that is measured. It collects garbage when asked, and answers with the resident memory. */
import { setTimeout as wait } from "node:timers/promises";

/** Freed memory is returned to the system in the background. */
const SETTLE_MS = 200;

process.on("message", async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await wait(SETTLE_MS);
  }
  process.send(process.memoryUsage.rss());
});
process.on("disconnect", () => process.exit()); // The measuring process has ended.
process.channel?.unref();
