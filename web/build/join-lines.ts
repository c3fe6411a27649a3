import type { Plugin } from "vite";

/** A start tag. A quoted value may contain `>`, as every list of actions does. */
const TAG = /<[a-z](?:"[^"]*"|[^">])*>/g;

/**
 * In the sources a long tag has one attribute on a line, and a long list of actions one action on a line. In the built
 * pages a tag is a single line again, because every visitor would be sent the indentation.
 */
export function joinLines(): Plugin {
  return {
    name: "nullroom:join-lines",
    apply: "build",
    transformIndexHtml: { order: "pre", handler: withTagsOnOneLine },
  };
}

export function withTagsOnOneLine(html: string): string {
  return html.replace(TAG, (tag) =>
    tag
      .replace(/\s+/g, " ")
      .replace(/="\s*([^"]*?)\s*"/g, '="$1"')
      .replace(/ >$/, ">"),
  );
}
