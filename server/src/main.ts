import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

// This path leads to the pages from `server/src` and from the bundle in `server/dist` alike.
await run(fileURLToPath(new URL("../../web/dist", import.meta.url)));
