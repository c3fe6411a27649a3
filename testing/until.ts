/** The pauses between two questions: short at first, then longer, since each question costs a browser some milliseconds. */
const SOON_MS = 30;
const LATER_MS = 150;

/** Ask again and again until there is an answer, instead of a sleep that hopes. @throws after `ms`, naming `what` */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 15_000,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (let pause = SOON_MS; ; pause = Math.min(pause * 1.2, LATER_MS)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
