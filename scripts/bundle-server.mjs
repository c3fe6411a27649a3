/** The server and everything that it imports as one file, so that running it needs Node and nothing else. */
import { join } from "node:path";
import { build } from "vite";
import { root } from "./run.mjs";

await build({
  root: join(root, "server"),
  configFile: false,
  logLevel: "warn",
  ssr: { target: "node", noExternal: true },
  build: {
    ssr: "src/main.ts",
    outDir: "dist",
    target: "node20",
    emptyOutDir: true,
    rolldownOptions: { output: { entryFileNames: "main.js", codeSplitting: false } },
  },
});
