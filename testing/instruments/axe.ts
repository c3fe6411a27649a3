import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it stands, one line each. The debugger runs it, since the CSP would not let it in. */
export async function axe(page: Page): Promise<string[]> {
  const script = `${source};axe.run().then(({ violations }) => violations)`;
  const violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[] =
    await page.evaluate(script);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${help}; ${failureSummary}`),
  );
}
