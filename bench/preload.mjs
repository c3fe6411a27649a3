/** Loaded into every server that is measured: says how much memory is in use once what can go has gone. */
import { setTimeout as wait } from "node:timers/promises";

/** Freed memory goes back in the background. */
const SETTLE_MS = 200;

process.on("message", async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await wait(SETTLE_MS);
  }
  process.send(process.memoryUsage.rss());
});
process.on("disconnect", () => process.exit()); // Whoever measures is gone.
process.channel?.unref();
