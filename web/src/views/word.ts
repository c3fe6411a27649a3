import sheet from "../words/symbols.svg?url";
import { SAFETY_WORDS, SHEET_CELL, SHEET_COLUMNS } from "../words/table.ts";
import { element } from "./element.ts";

/** One safety word: a symbol to recognise, and its name to compare. */
export function wordView(index: number): HTMLElement {
  const name = SAFETY_WORDS[index];
  if (!name) throw new RangeError("no such safety word");
  return element("li", { class: "word" }, symbol(index), element("span", {}, name));
}

/**
 * The symbol is cut out of one sheet with all of them: were each a file of its own, the requests would tell the server
 * which words two people see. Without the sheet the names are still there.
 */
function symbol(index: number): SVGElement {
  const x = (index % SHEET_COLUMNS) * SHEET_CELL;
  const y = Math.floor(index / SHEET_COLUMNS) * SHEET_CELL;
  const side = String(SHEET_COLUMNS * SHEET_CELL);
  const image = svg("image", { href: sheet, width: side, height: side });
  const view = svg("svg", {
    class: "word-symbol",
    viewBox: `${x} ${y} ${SHEET_CELL} ${SHEET_CELL}`,
    "aria-hidden": "true",
  });
  view.append(image);
  return view;
}

function svg(name: "svg" | "image", attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
