import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { type JsonObject, parseJson, readObject } from "@nullroom/core/wire/read";
import type { InlineHashes } from "./headers.ts";
import type { Encoding } from "./negotiate.ts";

/** The built pages, read once at start: the same bytes for everybody, and no request reads a file. */
export type Site = {
  pages: { readonly [Name in PageName]: Page };
  /** Assets and icons by their path below the site's root; an asset's is `assets/…` with a hash in its name. */
  assets: ReadonlyMap<string, Asset>;
};

export const PAGE_NAMES = [
  "index.html",
  "rooms/room.html",
  "privacy.html",
  "gone.html",
  "errors/404.html",
  "errors/429.html",
  "errors/500.html",
] as const;

export type PageName = (typeof PAGE_NAMES)[number];

export const ICONS = ["icon.svg", "icon-new.svg"] as const;
export type IconName = (typeof ICONS)[number];

type Forms = { readonly [E in Encoding]: Bytes };
export type Page = { forms: Forms; hashes: InlineHashes };
export type Asset = { forms: Forms; type: string };

const TYPES: { readonly [extension: string]: string } = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".webp": "image/webp",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** Read the built pages from `directory`. @throws "E_SERVER" where they have not been built */
export function loadSite(directory: string): Site {
  const manifest = join(directory, "pages.json");
  if (!existsSync(manifest)) {
    throw new NullroomError("E_SERVER", "the pages are not built yet: run npm run build, or npm start");
  }
  const hashes = readObject(
    readObject(parseJson(readFileSync(manifest, "utf8"), "pages.json"), "pages.json").pages,
    "pages",
  );
  const pages = PAGE_NAMES.map((name) => [name, loadPage(directory, name, hashes)] as const);
  return { pages: Object.fromEntries(pages) as Site["pages"], assets: loadAssets(directory) };
}

function loadPage(directory: string, name: PageName, hashes: JsonObject): Page {
  const path = join(directory, name);
  if (!existsSync(path))
    throw new NullroomError("E_SERVER", `the build lacks the page ${name}: run npm run build`);
  const entry = readObject(hashes[name] ?? {}, name);
  return {
    forms: loadForms(path),
    hashes: { scriptHashes: readHashes(entry.scriptHashes), styleHashes: readHashes(entry.styleHashes) },
  };
}

function loadAssets(directory: string): Map<string, Asset> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(html|br|gz|map)$/.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name).slice(join(directory, "/").length).replaceAll("\\", "/"),
    )
    .filter((path) => path.startsWith("assets/") || ICONS.some((icon) => icon === path));
  return new Map(
    names.map((path) => {
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      return [path, { type, forms: loadForms(join(directory, path)) }] as const;
    }),
  );
}

/**
 * A file's bytes in each encoding. The build writes compressed siblings; a file without them is compressed here, once.
 */
function loadForms(path: string): Forms {
  const identity = new Uint8Array(readFileSync(path));
  const sibling = (suffix: string, make: (bytes: Bytes) => Uint8Array) =>
    new Uint8Array(existsSync(path + suffix) ? readFileSync(path + suffix) : make(identity));
  return { identity, br: sibling(".br", brotliCompressSync), gzip: sibling(".gz", gzipSync) };
}

function readHashes(value: unknown): string[] {
  const list = value ?? [];
  if (
    Array.isArray(list) &&
    list.every((hash) => typeof hash === "string" && /^sha(256|384|512)-[A-Za-z0-9+/]+=*$/.test(hash))
  ) {
    return list;
  }
  throw new NullroomError("E_SERVER", "pages.json lists a hash that is none: run npm run build");
}
