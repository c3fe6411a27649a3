import type { LabTab } from "./room-lab.ts";

/** A page draws what came together together: ten pages that draw all day leave nothing of a machine for the others. */
const AT_ONCE = 10;

/**
 * Say `count` numbered things through the page itself, as a person would who pastes some lines at a time, whether the
 * connection stands or not; one in `everyMs` all in all. The page does it alone: whoever tests has its hands free for
 * cables.
 */
export async function startChatting(tab: LabTab, who: string, count: number, everyMs: number): Promise<void> {
  await tab.evaluate(
    (plan) => {
      let said = 0;
      const sayNext = (field: HTMLTextAreaElement) => {
        said += 1;
        field.value = `${plan.who} ${said}`;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      };
      const timer = setInterval(() => {
        const field = document.querySelector<HTMLTextAreaElement>("#message");
        if (field === null || said === plan.count) return clearInterval(timer);
        for (let left = plan.atOnce; left > 0 && said < plan.count; left -= 1) sayNext(field);
      }, plan.everyMs * plan.atOnce);
    },
    { who, count, everyMs, atOnce: AT_ONCE },
  );
}

/** What stands on the screen of the other side's words, in its order. */
export function heard(tab: LabTab): Promise<string[]> {
  return tab.evaluate(
    () =>
      [...document.querySelectorAll<HTMLElement>('.message[data-from="peer"] .message-text')].map(
        (text) => text.textContent ?? "",
      ),
    undefined,
  );
}

/** How many of theirs stand on the screen, and how many of one's own are marked as delivered. */
export function countsOf(tab: LabTab): Promise<{ heard: number; delivered: number }> {
  return tab.evaluate(() => {
    const count = (which: string) => document.querySelectorAll(`.message${which}`).length;
    return {
      heard: count('[data-from="peer"]'),
      delivered: count('[data-from="me"][data-delivery="delivered"]'),
    };
  }, undefined);
}

export function numbered(who: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${who} ${at + 1}`);
}
