import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const INCLUDE = /[ \t]*<!-- include ([a-z0-9/.-]+) -->\n?/g;

/** Replaces `<!-- include name -->` by `partials/name`, so that markup shared by two pages exists once. */
export function includes(): Plugin {
  return { name: "nullroom:includes", transformIndexHtml: { order: "pre", handler: expand } };
}

export function expand(html: string): string {
  return html.replace(INCLUDE, (_whole, name: string) => expand(partial(name)));
}

function partial(name: string): string {
  return readFileSync(new URL(`../partials/${name}`, import.meta.url), "utf8");
}
