import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

type Pages = { pages: Record<string, { scriptHashes: string[]; styleHashes: string[] }> };

/** Serve a built `dist` under the policy that the server sends, so that a page which breaks the policy shows it here. */
export async function serve(dist: string, host = "127.0.0.1"): Promise<{ url: string; close: () => void }> {
  const { pages } = JSON.parse(await readFile(join(dist, "pages.json"), "utf8")) as Pages;
  const server: Server = createServer(async ({ url = "/" }, response) => {
    const path = fileFor(new URL(url, "http://local").pathname);
    try {
      const body = await readFile(join(dist, path));
      response.writeHead(200, headers(path, pages[path])).end(body);
    } catch {
      response.writeHead(404, headers("errors/404.html", pages["errors/404.html"]));
      response.end(await readFile(join(dist, "errors/404.html")));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}/`, close: () => server.close() };
}

function fileFor(pathname: string): string {
  if (pathname === "/") return "index.html";
  if (pathname === "/privacy" || pathname === "/gone") return `${pathname.slice(1)}.html`;
  if (/^\/rooms\/[0-9a-f-]{36}$/.test(pathname)) return "rooms/room.html";
  return pathname.slice(1);
}

function headers(path: string, hashes?: Pages["pages"][string]): Record<string, string> {
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  if (!hashes) return { "Content-Type": type };
  const named = (list: string[]) => list.map((hash) => ` '${hash}'`).join("");
  return {
    "Content-Type": type,
    "Integrity-Policy": "blocked-destinations=(script)",
    "Content-Security-Policy":
      `default-src 'none'; script-src 'self'${named(hashes.scriptHashes)}; ` +
      `style-src 'self'${named(hashes.styleHashes)}; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; ` +
      "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types nr",
  };
}
