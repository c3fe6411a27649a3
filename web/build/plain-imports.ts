import type { Plugin } from "vite";

/** The helper that Vite puts around every `import()` to fetch styles and further chunks at the same time. */
const HELPER = "\0vite/preload-helper.js";

/** Makes that helper do nothing: a page has one style sheet, and each chunk is fetched when it is imported. */
export function plainImports(): Plugin {
  return {
    name: "plain-imports",
    enforce: "pre",
    apply: "build",
    load: (id) => (id === HELPER ? "export const __vitePreload = (load) => load();" : undefined),
  };
}
