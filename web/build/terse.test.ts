import { expect, test } from "vitest";
import { withoutReasons } from "./terse.ts";

test("an error keeps its code and loses what only developers read", () => {
  expect(withoutReasons('throw new NullroomError("E_ROOM", "it (really) is gone", { cause });')).toBe(
    'throw new NullroomError("E_ROOM", "", { cause });',
  );
  expect(withoutReasons('new NullroomError(\n  CODES[which],\n  "why",\n)')).toBe(
    'new NullroomError(\n  CODES[which],\n  "",\n)',
  );
  expect(withoutReasons('new NullroomError("E_RECORD_TYPE", `out of place`)')).toBe(
    'new NullroomError("E_RECORD_TYPE", "")',
  );
  expect(withoutReasons('asNullroomError(thrown, "E_SERVER", "no answer").code')).toBe(
    'asNullroomError(thrown, "E_SERVER", "").code',
  );
  expect(withoutReasons('throw asRefusal(thrown, "E_SERVER", "no answer");')).toBe(
    'throw asRefusal(thrown, "E_SERVER", "");',
  );
});

test("nothing else is touched", () => {
  for (const code of ['say("E_ROOM", "gone")', "new NullroomError(code, detail)", 'new Error("E", "x")']) {
    expect(withoutReasons(code)).toBe(code);
  }
});
