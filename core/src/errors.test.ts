import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asNullroomError, asRefusal, type ErrorCode, NullroomError } from "./errors.ts";
import { anyMistake } from "./testing/any-mistake.ts";

class QuotaExceededError extends DOMException {
  constructor() {
    super("no room", "QuotaExceededError");
  }
}

/** What only Firefox throws: no DOMException, and no class that a page could name. */
class Exception extends Error {
  readonly result = 0x80004005;
  get [Symbol.toStringTag](): string {
    return "Exception";
  }
}

const anyCode = fc.constantFrom<ErrorCode>("E_CHANNEL", "E_SERVER", "E_FILE_READ");
const anyRefusal = fc.oneof(
  fc.string().map((name) => new DOMException("refused", name)),
  fc.constant(new QuotaExceededError()),
  fc.constant(AbortSignal.abort().reason),
  fc.constant(new Exception("NS_ERROR_FAILURE")),
);

describe("what was thrown", () => {
  test("keeps its code where it is ours", () => {
    fc.assert(
      fc.property(anyCode, anyCode, (own, code) => {
        const thrown = new NullroomError(own, "planted");
        expect(asNullroomError(thrown, code, "")).toBe(thrown);
        expect(asRefusal(thrown, code, "")).toBe(thrown);
      }),
    );
  });

  test("gets the code of what was tried where the runtime refuses", () => {
    fc.assert(
      fc.property(anyRefusal, anyCode, (cause, code) => {
        expect(asNullroomError(cause, code, "tried")).toMatchObject({
          code,
          cause,
          message: `${code}: tried`,
        });
      }),
    );
  });

  test("is a mistake where it is anything else, and its cause is kept", () => {
    fc.assert(
      fc.property(anyMistake, anyCode, (cause, code) => {
        expect(asNullroomError(cause, code, "")).toMatchObject({ code: "E_INTERNAL", cause });
      }),
    );
  });

  test("gets the code whatever its class, at a call whose refusals have no class of their own", () => {
    fc.assert(
      fc.property(fc.oneof(anyMistake, anyRefusal), anyCode, (cause, code) => {
        expect(asRefusal(cause, code, "")).toMatchObject({ code, cause });
      }),
    );
  });
});
