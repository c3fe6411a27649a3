import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CLASSIC_CHUNK_BYTES } from "../limits.ts";
import type { Transfer } from "../session/session.ts";
import { savedBytes } from "../testing/plain-destination.ts";
import type { Via } from "./classic-channels.ts";
import { sealFrame } from "./frames.ts";
import { IncomingFiles } from "./incoming-files.ts";
import type { FileStart } from "./messages.ts";

const key = await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, [
  "encrypt",
  "decrypt",
]);
const LIMIT = 10 * CLASSIC_CHUNK_BYTES;

/** Three chunks, the last one short. */
const content = Uint8Array.from({ length: 2 * CLASSIC_CHUNK_BYTES + 5 }, (_, i) => (i * 13) % 251);
const frames = await Promise.all(
  [0, 1, 2].map((i) => sealFrame(key, content.slice(i * CLASSIC_CHUNK_BYTES, (i + 1) * CLASSIC_CHUNK_BYTES))),
);

function start(fields: Partial<FileStart> = {}): FileStart {
  const rest = { name: "a", size: content.length, totalChunks: 3, mimeType: "text/plain" };
  return { type: "file-start", transferId: "x", ...rest, ...fields };
}

function receive() {
  const lifetime = new AbortController();
  const reports: Transfer[] = [];
  const givenUp: string[] = [];
  const files = new IncomingFiles({
    key,
    limit: LIMIT,
    signal: lifetime.signal,
    report: (transfer) => reports.push(transfer),
    now: () => performance.now(),
    giveUp: (wireId) => givenUp.push(wireId),
  });
  const end = (via: Via = "files", transferId = "x") => files.bound({ type: "file-end", transferId }, via);
  const send = async (...chunks: (Uint8Array<ArrayBuffer> | undefined)[]) => {
    for (const chunk of chunks) if (chunk) await files.chunk(chunk);
  };
  return { files, lifetime, reports, givenUp, end, send, last: () => reports.at(-1) };
}

async function bytesOf(transfer: Transfer | undefined): Promise<Buffer> {
  return Buffer.from(await savedBytes(transfer?.received));
}

describe("a whole file", () => {
  test("start, chunks, end", async () => {
    const { files, send, end, reports, last } = receive();
    await files.bound(start({ name: "../x\u202E.txt" }), "files");
    await send(...frames);
    await end();
    expect(reports.map(({ status }) => status)).toEqual([
      "moving",
      "moving",
      "moving",
      "moving",
      "delivered",
    ]);
    expect(last()).toMatchObject({ id: "in-1", name: "__x.txt", type: "text/plain", moved: content.length });
    expect((await bytesOf(last())).equals(content)).toBe(true);
  });

  test("whatever overtakes what: bounds on the other channel arrive at any time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.nat(3), async (startAt, endAfterStart) => {
        const { files, send, end, last } = receive();
        const endAt = Math.min(3, startAt + endAfterStart);
        for (let i = 0; i <= 3; i++) {
          if (i === startAt) await files.bound(start(), "chat");
          if (i === endAt) await end("chat");
          await send(frames[i]);
        }
        expect(last()?.status).toBe("delivered");
        expect((await bytesOf(last())).equals(content)).toBe(true);
      }),
    );
  });

  test("an empty one", async () => {
    const { files, end, last } = receive();
    await files.bound(start({ size: 0, totalChunks: 0 }), "files");
    await end();
    expect(last()).toMatchObject({ status: "delivered", size: 0 });
    expect(last()?.received).toMatchObject({ file: { size: 0 } });
  });
});

describe("no whole file", () => {
  test("any subset of its chunks fails, and the next file is whole", async () => {
    for (let mask = 0; mask < 7; mask++) {
      const { files, send, end, reports, last } = receive();
      await files.bound(start(), "files");
      await send(...frames.filter((_, i) => mask & (1 << i)));
      await end();
      expect(reports.some(({ received }) => received !== undefined)).toBe(false);
      expect(reports.map(({ status }) => status)).toContain("failed");
      await files.bound(start({ transferId: "y" }), "files");
      await send(...frames);
      await end("files", "y");
      expect(last()).toMatchObject({ id: "in-2", status: "delivered" });
    }
  });

  test.each([
    ["surplus", async () => [...frames, await sealFrame(key, new Uint8Array(1))], "E_FILE_SIZE"],
    ["unreadable", async () => [frames[0]?.map((byte, i) => (i === 20 ? byte ^ 1 : byte))], "E_RECORD_AUTH"],
    ["short", async () => [await sealFrame(key, content.slice(0, 100))], "E_FILE_SIZE"],
  ] as const)("a chunk that is %s fails it at once, and the other side is told", async (_, chunks, code) => {
    const { files, send, givenUp, last } = receive();
    await files.bound(start(), "files");
    await send(...(await chunks()));
    expect(last()).toMatchObject({ status: "failed", code });
    expect(givenUp).toEqual(["x"]);
  });

  test("a start that contradicts itself, and one above the limit", async () => {
    const { files, reports, givenUp } = receive();
    await files.bound(start({ totalChunks: 4 }), "files");
    await files.bound(start({ size: LIMIT + 1, totalChunks: 11 }), "files");
    expect(reports).toMatchObject([
      { status: "failed", code: "E_FILE_SIZE" },
      { status: "declined", code: "E_FILE_LIMIT" },
    ]);
    expect(givenUp).toEqual(["x", "x"]);
  });

  test("a start while another file is under way fails that one", async () => {
    const { files, send, end, reports } = receive();
    await files.bound(start(), "files");
    await send(frames[0]);
    await files.bound(start({ transferId: "y" }), "files");
    await send(...frames);
    await end("files", "y");
    expect(reports.find(({ id, status }) => id === "in-1" && status === "failed")).toBeDefined();
    expect(reports.at(-1)).toMatchObject({ id: "in-2", status: "delivered" });
  });

  test("an end of something else ends nothing", async () => {
    const { files, send, end, last } = receive();
    await files.bound(start(), "files");
    await send(...frames);
    await end("files", "another");
    expect(last()?.status).toBe("moving");
  });

  test("given up by either side: the rest of it is dropped, a later file is not", async () => {
    for (const who of ["me", "peer"] as const) {
      const { files, send, end, reports, givenUp } = receive();
      await files.bound(start(), "chat");
      await send(frames[0]);
      if (who === "me") files.cancel("in-1");
      else files.cancelledByPeer("x");
      await send(frames[1], frames[2]);
      await end("chat");
      expect(reports.at(-1)?.status).toBe("cancelled");
      expect(givenUp).toEqual(who === "me" ? ["x"] : []);
      await files.bound(start({ transferId: "y" }), "chat");
      await send(...frames);
      await end("chat", "y");
      expect(reports.at(-1)).toMatchObject({ id: "in-2", status: "delivered" });
    }
  });
});

describe("time", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("an end that overtook its chunks waits for them, but not for ever", async () => {
    const { files, send, end, last } = receive();
    await files.bound(start(), "chat");
    await send(frames[0]);
    await end("chat");
    expect(last()?.status).toBe("moving");
    vi.advanceTimersByTime(10_000);
    expect(last()).toMatchObject({ status: "failed", code: "E_FILE_SIZE" });
  });

  test("an abort leaves no timer and reports nothing more", async () => {
    const { files, send, end, lifetime, reports } = receive();
    await files.bound(start(), "chat");
    await end("chat");
    const before = reports.length;
    lifetime.abort();
    await send(...frames);
    expect(vi.getTimerCount()).toBe(0);
    expect(reports).toHaveLength(before);
  });
});
