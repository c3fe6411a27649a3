/** The server and everything that it imports as one file, so that running it needs Node and nothing else. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { build } from "vite";
import { root } from "./run.mjs";

/** How sources read a text that stands beside them. */
const READ_BESIDE = /readFileSync\(new URL\("([\w.-]+)", import\.meta\.url\), "utf8"\)/g;

/** The bundle stands alone, so it contains each text that its sources read from a file beside them. */
const textsInlined = {
  name: "texts-inlined",
  enforce: "pre",
  transform(code, id) {
    if (id.includes("node_modules")) return null;
    const inlined = code.replace(READ_BESIDE, (_call, name) => {
      return JSON.stringify(readFileSync(join(dirname(id), name), "utf8"));
    });
    if (inlined.includes("readFileSync(new URL("))
      this.error(`${id} reads a file that the bundle would lack`);
    return inlined;
  },
};

/** @param argv - where to: server/dist without an argument. */
await build({
  root: join(root, "server"),
  configFile: false,
  logLevel: "warn",
  plugins: [textsInlined],
  ssr: { target: "node", noExternal: true },
  build: {
    ssr: "src/main.ts",
    outDir: argv[2] ?? "dist",
    target: "node20",
    emptyOutDir: true,
    rolldownOptions: { output: { entryFileNames: "main.js", codeSplitting: false } },
  },
});
