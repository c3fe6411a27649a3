import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

// The same place from `server/src` and from the bundle in `server/dist`.
await run(fileURLToPath(new URL("../../web/dist", import.meta.url)));
