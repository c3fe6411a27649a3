import { expect, test } from "vitest";
import { withTagsOnOneLine } from "./join-lines.ts";

test("a tag over several lines becomes one line, its list of actions included", () => {
  const html = `<div
    class="a b"
    data-action="
      click->a#b
      input@window->c#d
    "
    hidden
  >Text
  of two lines</div>`;
  expect(withTagsOnOneLine(html)).toBe(
    '<div class="a b" data-action="click->a#b input@window->c#d" hidden>Text\n  of two lines</div>',
  );
});

test("a tag that closes itself keeps its end", () => {
  expect(withTagsOnOneLine('<input\n  type="file"\n/>')).toBe('<input type="file" />');
});

test("text, scripts and tags on one line stay as they are", () => {
  const html = '<p title="a b">x\n  y</p>\n<script>\n  // a < b\n  run(1 <2);\n</script>';
  expect(withTagsOnOneLine(html)).toBe(html);
});
