import { setTimeout as wait } from "node:timers/promises";

/** Ask again and again until there is an answer; never a sleep that hopes. @throws after `ms`, naming `what` */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 15_000,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await wait(30);
  }
}
