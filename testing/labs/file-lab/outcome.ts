/** Code of the refusal, or what came of it. */
export type Outcome<T> = { ok: T } | { code: string };

export async function outcome<T>(task: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: await task() };
  } catch (thrown) {
    return { code: thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown) };
  }
}

/** What came of it somewhere else. @throws the same refusal here */
export function okOf<T>(outcome: Outcome<T>): T {
  if ("ok" in outcome) return outcome.ok;
  throw Object.assign(new Error("refused"), outcome);
}
