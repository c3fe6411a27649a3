import { expect, test } from "vitest";
import { digest, newConnectionId, newNodeId } from "./ids.ts";

test("ids are 32 hex digits and never the same, however many are made", () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? newNodeId() : newConnectionId()));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

test("a digest is SHA-256", () => {
  expect(digest(new Uint8Array(0))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
