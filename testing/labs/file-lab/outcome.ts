/** What a task returned, or the code of its refusal. It can be sent between page, worker and test. */
export type Outcome<T> = { ok: T } | { code: string };

export async function outcome<T>(task: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: await task() };
  } catch (thrown) {
    return { code: thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown) };
  }
}

/** What a task returned elsewhere. @throws its refusal, with the same code */
export function okOf<T>(outcome: Outcome<T>): T {
  if ("ok" in outcome) return outcome.ok;
  throw Object.assign(new Error("refused"), outcome);
}
