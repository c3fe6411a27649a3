import type { Plugin } from "vite";

/** What Vite puts around every `import()`, so that styles and further code are fetched beside it. */
const HELPER = "\0vite/preload-helper.js";

/** A page has one sheet of styles and code comes when it is asked for: nothing is left for that helper to do. */
export function plainImports(): Plugin {
  return {
    name: "plain-imports",
    enforce: "pre",
    apply: "build",
    load: (id) => (id === HELPER ? "export const __vitePreload = (load) => load();" : undefined),
  };
}
