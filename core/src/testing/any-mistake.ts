import fc from "fast-check";

class OwnError extends Error {}

/** What a bug throws: any class of the language's errors, and whatever else `throw` takes. */
export const anyMistake: fc.Arbitrary<unknown> = fc.oneof(
  fc
    .constantFrom(Error, TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError, OwnError)
    .map((Mistake) => new Mistake("planted")),
  fc.constant(new AggregateError([new DOMException("refused", "AbortError")])),
  fc.constantFrom(undefined, null, 0, "planted"),
  fc.constant({ code: "E_CHANNEL", name: "NullroomError" }),
);
