import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { NullroomError } from "../errors.ts";
import { outgoingCandidate, parseCandidate } from "./candidate.ts";
import { checkSdp, withoutCandidates } from "./sdp.ts";

type Case = { name: string; kind: string; sdp?: string; expect: string };
const file = new URL("../../../spec/vectors/sdp.json", import.meta.url);
const { cases }: { cases: Case[] } = JSON.parse(readFileSync(file, "utf8"));

/** What Chromium, Firefox and node-datachannel made; the refusals beside them are run as vectors. */
const accepted = cases.flatMap(({ name, kind, sdp, expect }) =>
  expect === "ok" && sdp !== undefined && (kind === "offer" || kind === "answer")
    ? [{ name, kind, sdp } as const]
    : [],
);

describe("what real engines make passes", () => {
  test.each(accepted)("$name", ({ sdp, kind }) => {
    const { fingerprint, ufrag } = checkSdp(sdp, kind);
    expect(fingerprint).toHaveLength(32);
    expect(sdp).toContain(`a=ice-ufrag:${ufrag}`);
  });

  test.each(accepted)("$name, without its candidates", ({ sdp, kind }) => {
    const bare = withoutCandidates(sdp);
    expect(bare).not.toContain("candidate");
    expect(checkSdp(bare, kind)).toEqual(checkSdp(sdp, kind));
  });
});

describe("candidates", () => {
  const HOST = "candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host";
  const SRFLX = "candidate:2 1 udp 1677729535 198.51.100.7 50000 typ srflx raddr 192.0.2.1 rport 50000";
  const RELAY = "candidate:3 1 udp 33562623 203.0.113.9 60000 typ relay raddr 198.51.100.7 rport 50000";

  test("relay only lets relay candidates out, and those without the address behind them", () => {
    expect(outgoingCandidate(HOST, true)).toBeUndefined();
    expect(outgoingCandidate(SRFLX, true)).toBeUndefined();
    expect(outgoingCandidate(RELAY, true)).toBe(
      "candidate:3 1 udp 33562623 203.0.113.9 60000 typ relay raddr 0.0.0.0 rport 0",
    );
    expect(outgoingCandidate(SRFLX, false)).toBe(SRFLX);
  });

  test("an attribute line is taken for its candidate", () => {
    expect(outgoingCandidate(`a=${HOST}`, false)).toBe(HOST);
  });

  test("names the ufrag where the stack does", () => {
    expect(parseCandidate(`${HOST} generation 0 ufrag 7ExE network-cost 999`).ufrag).toBe("7ExE");
    expect(parseCandidate(HOST).ufrag).toBeUndefined();
  });

  const refused = [
    "",
    `${HOST} `,
    `${HOST}\r\na=ice-lite`,
    HOST.replace("192.0.2.1", "example.com"),
    HOST.replace("192.0.2.1", "192.0.2"),
    HOST.replace("192.0.2.1", "192.0.02.1"),
    HOST.replace("192.0.2.1", "0x7f000001"),
    HOST.replace("192.0.2.1", "evil.local"),
    HOST.replace("50000", "70000"),
    `${HOST} odd`,
  ];
  test.each(refused)("refuses %j", (text) => {
    expect(() => parseCandidate(text)).toThrow(expect.objectContaining({ code: "E_SDP_POLICY" }));
    expect(outgoingCandidate(text, false)).toBeUndefined();
  });
});

test("a changed description is refused or still within the policy, and nothing else is ever thrown", () => {
  const sdps = accepted.map(({ sdp }) => sdp);
  const edit = fc.record({
    sdp: fc.constantFrom(...sdps),
    at: fc.nat(2000),
    drop: fc.nat(40),
    insert: fc.string({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(
      edit,
      fc.constantFrom("offer" as const, "answer" as const),
      ({ sdp, at, drop, insert }, kind) => {
        const changed = sdp.slice(0, at) + insert + sdp.slice(at + drop);
        try {
          expect(checkSdp(changed, kind).fingerprint).toHaveLength(32);
        } catch (error) {
          expect(error).toBeInstanceOf(NullroomError);
        }
      },
    ),
    { numRuns: scaled(100_000, 1_000) },
  );
});
