import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

/**
 * `npm run size` compares the bytes of JavaScript and CSS, compressed with brotli, to the limits in web/size.json.
 * `first` counts what a page loads before anybody presses anything. `all` counts everything that the page can ever
 * load, except for the chunks that `without` names: a room speaks only the protocol of its link, and the code that two
 * people need once they have met is loaded when they meet. `assets` names chunks and workers that count as well; a
 * budget of them alone has no page.
 */
type Budget = {
  page?: string;
  counts?: "first" | "all";
  without?: string[];
  assets?: string[];
  limitBytes: number;
};

/** The chunk in `import "./x.js"` and in `… from "./x.js"`. */
const STATIC = /(?:\bimport|\bfrom)\s*["'`]\.\/([\w.-]+\.js)["'`]/g;
/** The chunk in those two and in `import("./x.js")`. */
const ANY = /["'`]\.\/([\w.-]+\.js)["'`]/g;

const web = fileURLToPath(new URL("..", import.meta.url));
const dist = join(web, "dist");
const budgets: Record<string, Budget> = JSON.parse(readFileSync(join(web, "size.json"), "utf8"));

for (const [name, budget] of Object.entries(budgets)) {
  const size = weigh(budget);
  const { limitBytes } = budget;
  const over = size > limitBytes;
  process.stdout.write(`${over ? "✘" : "✔"} ${name}: ${size} of ${limitBytes} bytes\n`);
  if (over) process.exitCode = 1;
}

function weigh(budget: Budget): number {
  const html = budget.page === undefined ? "" : readFileSync(join(dist, budget.page), "utf8");
  const inline = matches(html, /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g).map((text) =>
    Buffer.from(text),
  );
  const named = matches(html, /<(?:script|link)\b[^>]*?(?:src|href)="[./]*(assets\/[^"]+\.(?:js|css))"/g);
  const files = [...reachable(named, budget), ...extra(budget)].map((file) => readFileSync(join(dist, file)));
  return [...inline, ...files].reduce((sum, content) => sum + brotliCompressSync(content).length, 0);
}

function reachable(start: string[], { counts, without = [] }: Budget): string[] {
  const found = new Set(start);
  const left = new Set<string>();
  for (const file of found) {
    const code = readFileSync(join(dist, file), "utf8");
    for (const next of matches(code, counts === "all" ? ANY : STATIC)) {
      const unwanted = without.find((name) => next.startsWith(`${name}-`));
      if (unwanted === undefined) found.add(`assets/${next}`);
      else left.add(unwanted);
    }
  }
  // A name in `without` that matches no chunk is an error: the renamed chunk would count as part of the page.
  if (left.size < without.length) throw new Error(`no chunk is called ${without.join(" or ")} any more`);
  return [...found];
}

function extra({ assets: names = [] }: Budget): string[] {
  const assets = readdirSync(join(dist, "assets"));
  return names.map((name) => {
    const file = assets.find((asset) => asset.startsWith(`${name}-`) && asset.endsWith(".js"));
    if (file === undefined) throw new Error(`no asset is called ${name} any more`);
    return `assets/${file}`;
  });
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => found);
}
