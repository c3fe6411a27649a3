/** `npm run dev`: the pages from Vite, the rest from the server that it passes requests on to, both watched. */
import "./node-floor.mjs";
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { root, tool } from "./run.mjs";

// The server serves built pages too, so that there is one set to begin with.
if (!(await ensureInstalled()) || !(await build())) process.exit(1);

const watchers = [
  [tool("vite"), "web"],
  [tool("tsx"), "watch", "--clear-screen=false", "--include=server/src/**/*.lua", "server/src/main.ts"],
].map(([program, ...args]) => spawn(program, args, { cwd: root, stdio: "inherit" }));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const watcher of watchers) watcher.kill(signal);
  });
}
for (const watcher of watchers) watcher.on("exit", () => process.kill(process.pid, "SIGTERM"));
