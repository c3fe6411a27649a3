import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { formatSignalBody, parseSignalBody, type SignalBody } from "./signal-body.ts";

const bodies: SignalBody[] = [
  { t: "offer", sdp: "v=0" },
  { t: "answer", sdp: "" },
  { t: "restart", sdp: "v=0" },
  { t: "cand", c: ["candidate:1"] },
  { t: "ask", level: 1 },
  { t: "ask", level: 2 },
  { t: "end" },
  { t: "bye" },
];

test.each(bodies)("%j comes back", (body) => {
  expect(parseSignalBody(formatSignalBody(body))).toEqual(body);
});

test("the vector's body is written as the vector has it", () => {
  expect(formatSignalBody({ t: "end" })).toBe('{"t":"end"}');
});

describe("refused", () => {
  test.each([
    "",
    "null",
    "[]",
    '"end"',
    "{}",
    '{"t":"END"}',
    '{"t":"end","x":1}',
    '{"t":"offer"}',
    '{"t":"offer","sdp":1}',
    '{"t":"offer","sdp":"","type":"offer"}',
    '{"t":"cand","c":[]}',
    '{"t":"cand","c":["1","2","3","4","5","6","7","8","9"]}',
    '{"t":"cand","c":[1]}',
    '{"t":"ask"}',
    '{"t":"ask","level":3}',
    '{"t":"end"}{}',
  ])("%s", (json) => {
    expect(() => parseSignalBody(json)).toThrow(expect.objectContaining({ code: "E_SEAL" }));
  });

  test("whatever JSON arrives, no other error comes out", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
        try {
          expect(bodies.map(({ t }) => t)).toContain(parseSignalBody(json).t);
        } catch (error) {
          expect(error).toMatchObject({ code: "E_SEAL" });
        }
      }),
      { numRuns: scaled(100_000, 1_000) },
    );
  });
});
