import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inlineHashes, list } from "./finish.ts";
import { expand } from "./includes.ts";

const web = new URL("..", import.meta.url);
const PAGES = ["index.html", "rooms/room.html", "privacy.html", "gone.html"];
const page = (path: string) => expand(readFileSync(new URL(path, web), "utf8"));

describe.each([...PAGES, "errors/404.html", "errors/429.html", "errors/500.html"])("%s", (path) => {
  const html = page(path);

  test("holds nothing that a strict policy forbids", () => {
    expect(html).not.toMatch(/\s(style|on[a-z]+)=/);
    expect(html).not.toMatch(/<(form|iframe|object|embed|base)\b/);
    expect(html).not.toMatch(/javascript:|https?:\/\/(?!www\.w3\.org)/);
  });

  test("leaves no include behind", () => {
    expect(html).not.toContain("<!-- include");
  });
});

test.each(["index.html", "rooms/room.html"])("no field of %s fills itself in or talks to a cloud", (path) => {
  const fields = [...page(path).matchAll(/<(?:textarea|input)\b[^>]*>/g)].map(([field]) => field);
  expect(fields.length).toBeGreaterThan(3);
  for (const field of fields) {
    expect(field).toContain('autocomplete="off"');
    if (!/type="(checkbox|file)"/.test(field)) {
      for (const attribute of ['spellcheck="false"', 'writingsuggestions="false"', 'translate="no"']) {
        expect(field).toContain(attribute);
      }
    }
  }
});

test("the room's page takes the secret before anything else", () => {
  const head = page("rooms/room.html");
  expect(head.indexOf("<script>")).toBeGreaterThan(0);
  expect(head.indexOf("<script>")).toBeLessThan(head.search(/<(link|script type)/));
});

test("the landing page carries the constant that existing clients look for", () => {
  expect(page("index.html")).toContain('<meta name="csrf-token" content="nullroom" />');
});

test("everything inline is hashed, nothing that is loaded", () => {
  const { scriptHashes, styleHashes } = inlineHashes(
    '<style>a{}</style><script>1</script><script type="importmap">{}</script><script src="x.js"></script>',
  );
  expect(scriptHashes).toEqual([
    "sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=",
    "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
  ]);
  expect(styleHashes).toHaveLength(1);
});

test("the files of a folder come in a stable order", () => {
  const names = list(new URL("partials", web).pathname);
  expect(names).toEqual([...names].sort());
  expect(names).toContain("room.html");
});
