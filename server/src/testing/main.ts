import { fileURLToPath } from "node:url";
import { run } from "../run.ts";

/** The server's entry over placeholder pages, for tests that need a whole process. */
await run(fileURLToPath(new URL("pages", import.meta.url)));
