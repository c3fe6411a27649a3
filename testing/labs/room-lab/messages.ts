import type { LabTab } from "./room-lab.ts";

/** Texts that arrive together are drawn together: pages that draw each one alone take a whole machine's time. */
const AT_ONCE = 10;

/**
 * Let a page send `count` numbered texts through its own form, whether there is a connection or not, on average one in
 * `everyMs`. The page goes on by itself, so that the test can interrupt the network meanwhile.
 */
export async function startSendingTexts(
  tab: LabTab,
  who: string,
  count: number,
  everyMs: number,
): Promise<void> {
  await tab.evaluate(
    (plan) => {
      let sent = 0;
      const sendNext = (field: HTMLTextAreaElement) => {
        sent += 1;
        field.value = `${plan.who} ${sent}`;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      };
      const timer = setInterval(() => {
        const field = document.querySelector<HTMLTextAreaElement>("#message");
        if (field === null || sent === plan.count) return clearInterval(timer);
        for (let left = plan.atOnce; left > 0 && sent < plan.count; left -= 1) sendNext(field);
      }, plan.everyMs * plan.atOnce);
    },
    { who, count, everyMs, atOnce: AT_ONCE },
  );
}

/** The texts of the other side, in the order in which the page shows them. */
export function receivedTexts(tab: LabTab): Promise<string[]> {
  return tab.evaluate(
    () =>
      [...document.querySelectorAll<HTMLElement>('.message[data-from="peer"] .message-text')].map(
        (text) => text.textContent ?? "",
      ),
    undefined,
  );
}

/** How many texts of the other side the page shows, and how many of its own it marks as delivered. */
export function textCounts(tab: LabTab): Promise<{ received: number; delivered: number }> {
  return tab.evaluate(() => {
    const count = (which: string) => document.querySelectorAll(`.message${which}`).length;
    return {
      received: count('[data-from="peer"]'),
      delivered: count('[data-from="me"][data-delivery="delivered"]'),
    };
  }, undefined);
}

/** The texts that `startSendingTexts` sends. */
export function numberedTexts(who: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${who} ${at + 1}`);
}
