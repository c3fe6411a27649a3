import { fileURLToPath } from "node:url";
import { run } from "../run.ts";

/** The product's own entry over placeholder pages, for tests that need a whole process. */
await run(fileURLToPath(new URL("pages", import.meta.url)));
