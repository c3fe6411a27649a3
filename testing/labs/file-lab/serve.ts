import { readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { tempTree } from "../../temp-tree.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The headers of the product's pages, as far as they matter to workers, storage and blobs. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types nr",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };

/**
 * Build a lab as the product is built, and serve it under the product's policy.
 *
 * @param root - the folder of the lab's page; the file lab unless another one asks
 */
export async function serveLab(
  root = at("."),
): Promise<AsyncDisposable & { url: string; origin: string; folder: string }> {
  const out = await tempTree({});
  await build({
    configFile: false,
    root,
    base: "./",
    logLevel: "silent",
    build: {
      outDir: out.path,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: false,
      assetsInlineLimit: 0,
    },
  });
  const server = createServer((request, response) => void answer(out.path, request.url ?? "/", response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/`,
    origin,
    folder: out.path,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(out.path, { recursive: true, force: true });
    },
  };
}

async function answer(folder: string, url: string, response: ServerResponse): Promise<void> {
  const path = normalize(new URL(url, "http://lab").pathname);
  const file = path === "/" ? "/index.html" : path;
  try {
    const body = await readFile(join(folder, file));
    response.writeHead(200, {
      ...HEADERS,
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    });
    response.end(body);
  } catch {
    response.writeHead(404, HEADERS).end(); // because a missing file is the only failure that a lab can have.
  }
}
