import type { Page } from "playwright-core";

/**
 * What a finger would miss: each control whose 44 by 44 pixels around its middle belong in part to something else.
 * Links within a sentence are exempt, since they are as high as its lines.
 */
export function missedByFingers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const open = document.querySelector("dialog[open]") ?? document;
    const all = open.querySelectorAll<HTMLElement>("button, a[href], input, summary, textarea");
    const targets = [...all].filter(
      (target) => target.checkVisibility() && !target.matches(".sr-only, .message-text a"),
    );
    const isHit = (target: HTMLElement, x: number, y: number) => {
      const hit = document.elementFromPoint(x, y);
      // Beyond the edge of the screen there is nothing that could be hit by mistake.
      return hit === null || target.contains(hit) || hit.closest("label")?.control === target;
    };
    return targets.flatMap((target) => {
      target.scrollIntoView({ block: "center" });
      const { x, y, width, height } = target.getBoundingClientRect();
      const [across, middle] = [x + width / 2, y + height / 2];
      const missed = [-21, 21].filter((by) => !isHit(target, across, middle + by));
      return missed.map((by) => `${target.innerText || target.id}, ${by} px from its middle`);
    });
  });
}
