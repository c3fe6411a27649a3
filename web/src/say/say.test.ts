import { expect, test } from "vitest";
import { errors, lacks } from "./errors.ts";
import { fileTooLarge, movingLine, transferLine, untilDone, where } from "./files.ts";
import { anotherAttempt, bytes, ended, status, tooLong } from "./session.ts";

test.each(Object.entries({ ...errors, ...lacks }))(
  "%s is said in sentences, without codes",
  (_code, { title, text }) => {
    expect(title).toMatch(/^[A-Z][^.]*[^.]$/);
    expect(text).toMatch(/^[A-Z].*\.$/);
    expect(title + text).not.toMatch(/E_|undefined|SDP|ICE|handshake/);
  },
);

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1023, "1023 bytes"],
  [1024, "1 KB"],
  [1536, "1.5 KB"],
  [16 * 1024 * 1024, "16 MB"],
  [1024 ** 4, "1 TB"],
  [1024 ** 5, "1024 TB"],
])("%i is said as %s", (count, said) => {
  expect(bytes(count)).toBe(said);
});

test.each([
  [16 * 1024 * 1024, "16 MB"],
  [11_114_905, "10 MB"],
  [1_992_294, "1.8 MB"],
  [1_000, "1000 bytes"],
])("a limit of %i bytes is never said to be more than it is: %s", (limit, said) => {
  expect(fileTooLarge("a", limit)).toContain(`(${said})`);
});

test("an attempt after the first has its number", () => {
  expect(anotherAttempt(2)).toMatch(/^Attempt 2\./);
});

test("the connection line names the path and guesses none", () => {
  const secure = { phase: "secure", deadline: 0 } as const;
  expect(status({ ...secure, path: { kind: "direct" } }, 0)).toMatch(/direct/);
  expect(status({ ...secure, path: { kind: "relay", host: "relay.example" } }, 0)).toMatch(
    /relayed by relay\.example/,
  );
  expect(status({ ...secure, path: { kind: "relay", host: undefined } }, 0)).toMatch(/relayed by /);
  expect(status({ ...secure, path: { kind: "unknown" } }, 0)).toBe("Connected, path unknown");
  const lost = { phase: "reconnecting", path: { kind: "direct" }, deadline: 0, giveUpAt: 120_000 } as const;
  expect(status(lost, 0)).toMatch(/2 minutes/);
});

test("a file is delivered only when it is", () => {
  const file = { id: "out-1", direction: "out", name: "a", type: "", size: 2048, moved: 2048 } as const;
  expect(movingLine({ ...file, status: "moving" }, false)).toBe("2 KB of 2 KB");
  expect(transferLine({ ...file, status: "sent" })).toBe("2 KB, sent");
  expect(transferLine({ ...file, status: "delivered" })).toBe("2 KB, delivered");
  expect(transferLine({ ...file, status: "failed", code: "E_FILE_HASH" })).toContain(
    "failed. It was thrown away",
  );
});

test("what ends a room is told apart", () => {
  expect(ended({ type: "lost" }).title).not.toBe(ended({ type: "peer-left" }).title);
  expect(ended({ type: "failed", code: "E_FULL" })).toBe(errors.E_FULL);
});

test("what is too long says by how much", () => {
  expect(tooLong(812)).toMatch(/^812 bytes too long\./);
});

test.each([
  [400, "a few seconds left"],
  [41_000, "45 seconds left"],
  [70_000, "a minute left"],
  [600_000, "10 minutes left"],
  [7_300_000, "2 hours left"],
])("%i ms are said without flicker", (ms, said) => {
  expect(untilDone(ms)).toBe(said);
});

test("a file under way says how far, how fast and how long, or why not", () => {
  const file = { id: "in-1", direction: "in", name: "a", type: "", size: 8192, moved: 2048 } as const;
  expect(movingLine({ ...file, status: "moving", speed: 3072, leftMs: 2000 }, false)).toBe(
    "2 KB of 8 KB, 3 KB/s, a few seconds left",
  );
  expect(movingLine({ ...file, status: "moving", speed: 3072, leftMs: 2000 }, true)).toMatch(/waiting/);
  expect(movingLine({ ...file, status: "paused", pausedBy: "me" }, false)).toBe("2 KB of 8 KB, paused");
  expect(movingLine({ ...file, status: "paused", pausedBy: "connection" }, false)).toMatch(/connection/);
});

test("what is too large for this browser is said with the number that would fit", () => {
  expect(where({ type: "refuse", capacity: 128 * 1024 * 1024 }, false)).toContain("128 MB");
});
