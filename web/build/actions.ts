import type { Plugin } from "vite";

const LIST = /(\sdata-action=")([^"]*)"/g;

/** Actions stand one on a line where people read them, and on one line where browsers do. */
export function actions(): Plugin {
  return { name: "nullroom:actions", transformIndexHtml: { order: "pre", handler: onOneLine } };
}

export function onOneLine(html: string): string {
  return html.replace(
    LIST,
    (_whole, before: string, list: string) => `${before}${list.trim().split(/\s+/).join(" ")}"`,
  );
}
