import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { expand } from "./includes.ts";

const SOURCES = fileURLToPath(new URL("..", import.meta.url));
const ERROR_PAGES = ["404", "429", "500"];
const COMPRESSED = /\.(html|js|css|svg)$/;

/**
 * Finishes the built pages for a strict policy. Every script and stylesheet gets an integrity, chunks by the import
 * map. The hashes of everything inline go into pages.json, from which the server makes its CSP. The error pages are
 * written, and every text file gets compressed siblings.
 */
export function finish(): Plugin {
  let out = "";
  return {
    name: "nullroom:finish",
    apply: "build",
    configResolved(config) {
      out = config.build.outDir;
    },
    writeBundle: {
      order: "post",
      sequential: true,
      handler() {
        writeErrorPages(out);
        const pages = list(out).filter((path) => path.endsWith(".html"));
        for (const page of pages) rewrite(join(out, page), (html) => secure(out, page, html));
        const hashes = pages.map((page) => [page, inlineHashes(readFileSync(join(out, page), "utf8"))]);
        writeFileSync(
          join(out, "pages.json"),
          JSON.stringify({ pages: Object.fromEntries(hashes) }, null, 1),
        );
        for (const path of list(out).filter((name) => COMPRESSED.test(name))) compress(join(out, path));
      },
    },
  };
}

/** The paths of all files below `folder`, in a stable order. */
export function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The hashes of everything inline in a page, in the form that the CSP takes. */
export function inlineHashes(html: string): { scriptHashes: string[]; styleHashes: string[] } {
  return {
    scriptHashes: contents(html, /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g),
    styleHashes: contents(html, /<style[^>]*>([\s\S]*?)<\/style>/g),
  };
}

function contents(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, text = ""]) => `sha256-${digest("sha256", text)}`);
}

/** An error page loads no asset, because it must look right even when the assets are what failed. */
function writeErrorPages(out: string): void {
  const style = minifyCss(readFileSync(join(SOURCES, "errors/style.css"), "utf8"));
  mkdirSync(join(out, "errors"), { recursive: true });
  for (const name of ERROR_PAGES) {
    const html = expand(readFileSync(join(SOURCES, `errors/${name}.html`), "utf8"));
    writeFileSync(
      join(out, `errors/${name}.html`),
      html.replace("/* style */", () => style),
    );
  }
}

/** Remove comments and layout, and nothing else. That is enough for one small hand-written sheet. */
function minifyCss(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .trim();
}

function secure(out: string, page: string, html: string): string {
  const withIntegrity = html.replace(
    /<(script|link)\b([^>]*?)\s(src|href)="([^"]+\.(?:js|css))"/g,
    (_tag, element, before, attribute, url) => {
      const file = join(out, dirname(page), url);
      return `<${element}${before} ${attribute}="${url}" integrity="${integrity(file)}"`;
    },
  );
  if (!html.includes('type="module"')) return withIntegrity;
  const map = `<script type="importmap">${importMap(out, page)}</script>`;
  return withIntegrity.replace(/[ \t]*<script type="module"/, (script) => `    ${map}\n${script}`);
}

/** The import map holds the integrity of the chunks that modules import, which no tag names. */
function importMap(out: string, page: string): string {
  const scripts = list(join(out, "assets")).filter((name) => name.endsWith(".js"));
  const up = page.includes("/") ? "../" : "./";
  const entries = scripts.map((name) => [`${up}assets/${name}`, integrity(join(out, "assets", name))]);
  return JSON.stringify({ integrity: Object.fromEntries(entries) });
}

function integrity(file: string): string {
  return `sha384-${digest("sha384", readFileSync(file))}`;
}

function digest(algorithm: string, content: string | Buffer): string {
  return createHash(algorithm).update(content).digest("base64");
}

function rewrite(file: string, change: (content: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

function compress(file: string): void {
  const content = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
}
