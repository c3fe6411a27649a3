import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";
import { devRooms } from "./build/dev-rooms.ts";
import { finish } from "./build/finish.ts";
import { includes } from "./build/includes.ts";
import { joinLines } from "./build/join-lines.ts";
import { plainImports } from "./build/plain-imports.ts";
import { terse } from "./build/terse.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  // Relative links only: the same bytes serve at any NULLROOM_BASE_PATH.
  base: "./",
  appType: "mpa",
  plugins: [terse(), includes(), joinLines(), plainImports(), tailwindcss(), devRooms(), finish()],
  worker: { plugins: () => [terse()] },
  build: {
    outDir: at("dist"),
    emptyOutDir: true,
    target: "es2022",
    // The helper behind module preloading would be an inline script and a second way to load code.
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "rooms/room.html", "privacy.html", "gone.html"].map(at),
      output: {
        codeSplitting: {
          groups: [
            // The landing page checks whether this browser can hold a room before anybody asks for one.
            { name: "support", test: /\/web\/src\/support\.ts$|preload-helper/, priority: 1 },
            // ML-KEM shares code with the hashing of files. Without this group that code would be a chunk of its own.
            { name: "ml-kem", test: /@noble\/(post-quantum|hashes)\/(?!sha2|_md)/, priority: 1 },
            // The code that every room loads is one chunk: many small ones compress worse, and each is a request. The
            // code that only files need is shared among chunks that come later.
            {
              name: "shared",
              test: /\/(core|web)\/src\/(?!files\/|session\/(file-name|transfer-tracker)|wire\/file-frame).*\.ts$/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
});
