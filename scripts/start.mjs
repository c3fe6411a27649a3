/** `npm start`: install if needed, build what changed, serve. A second run redoes nothing. */
import "./node-floor.mjs";
import { build } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";

if ((await ensureInstalled()) && (await build())) {
  // In this very process, so that signals and the exit code are the server's own.
  await import(new URL("../server/dist/main.js", import.meta.url));
} else {
  process.exitCode = 1;
}
