import type { Plugin } from "vite";

/** `new NullroomError("E_X", "why")`, and `asNullroomError(thrown, "E_X", "why")` or `asRefusal(…)`, on one line. */
const REASON =
  /(new NullroomError\(\s*[\w.[\]?"]+,\s*|as(?:NullroomError|Refusal)\(\s*\w+,\s*"\w+",\s*)("[^"\n]*"|`[^`\n]*`)/g;

/**
 * Leaves out what an error tells developers: a page says its code in words of its own and has no console to print the
 * rest to. Nearly two kilobytes of every room.
 */
export function terse(): Plugin {
  return {
    name: "nullroom:terse",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/\/(core|web)\/src\/.*\.ts$/.test(id)) return null;
      return { code: withoutReasons(code), map: null };
    },
  };
}

export function withoutReasons(code: string): string {
  return code.replace(REASON, '$1""');
}
