import fc from "fast-check";
import { expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import type { Bytes } from "../../../brand.ts";
import { equalBytes, randomBytes } from "../../../crypto/bytes.ts";
import { hash } from "../../../crypto/keys.ts";
import { NullroomError } from "../../../errors.ts";
import type { FileSink, SinkFactory } from "../../../files/sink.ts";
import { plainDestination } from "../../../testing/plain-destination.ts";
import type { EngineEvent } from "./messages.ts";
import { CREDIT_BYTES, FileReceiver } from "./receiver.ts";

/** Every frame comes over the one bulk channel that there is. */
const ALONE = { bulkId: 1, of: 1 };

/** What may be done to a file on its way; an honest one is nothing but `send`, as often as it takes, and `end`. */
type Step =
  | { do: "send"; bytes: number }
  | { do: "skip" | "repeat" | "flip"; bytes: number }
  | { do: "end"; size: number }
  | { do: "rest" | "go-on" | "stop" };

const LENGTH = fc.integer({ min: 1, max: 40 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("send" as const), bytes: LENGTH }) },
  fc.record({ do: fc.constantFrom("skip" as const, "repeat" as const, "flip" as const), bytes: LENGTH }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("end" as const), size: fc.integer({ min: -1, max: 1 }) }),
  },
  fc.record({ do: fc.constantFrom("rest" as const, "go-on" as const, "stop" as const) }),
);
const FATAL = ["E_FILE_OFFSET", "E_FILE_SIZE", "E_FILE_CREDIT", "E_RECORD_TYPE"];

async function opened(size: number, factory: SinkFactory = plainDestination()) {
  const event: EngineEvent[] = [];
  const receiving = new FileReceiver((each) => void event.push(each));
  const reach = await receiving.open({
    fileId: 1,
    file: { name: "a", type: "text/plain", size },
    factory,
    hashing: "whole",
  });
  const wholes = () => event.filter((each) => each.type === "whole");
  return { receiving, event, reach, wholes };
}

/** Takes the steps in their order until one of them is fatal. */
async function perform(
  receiving: FileReceiver,
  content: Bytes,
  steps: readonly Step[],
): Promise<string | undefined> {
  let at = 0;
  try {
    for (const step of steps) {
      if ("bytes" in step) {
        const chunk = chunkOf(content, at, step);
        if (chunk.data.length > 0) await receiving.hearFrame(chunk, ALONE);
        at += chunk.data.length;
      } else if (step.do === "end") await receiving.hearFrame(await endOf(content, step.size), ALONE);
      else if (step.do === "stop") receiving.stop(1);
      else receiving.pause(1, step.do === "rest");
    }
  } catch (thrown) {
    return thrown instanceof NullroomError ? thrown.code : String(thrown);
  }
  return undefined;
}

async function endOf(content: Bytes, lie: number) {
  return {
    ...({ type: "file_end", fileId: 1, size: content.length + lie } as const),
    sha256: await hash(content),
  };
}

const SHIFTS = { send: 0, flip: 0, skip: 1, repeat: -1 };

function chunkOf(content: Bytes, at: number, step: Extract<Step, { bytes: number }>) {
  const data = content.slice(at, at + step.bytes);
  if (step.do === "flip") data[0] = (data[0] ?? 0) ^ 1;
  return { type: "chunk", fileId: 1, offset: Math.max(0, at + SHIFTS[step.do]), data } as const;
}

test("whatever is done to a file, it is whole only if it is the sender's, once, and nothing but a named code comes of it", async () => {
  let wholes = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 200 }),
      fc.array(STEP, { maxLength: 25 }),
      async (size, steps) => {
        const content = randomBytes(size);
        const made = await opened(size);
        const code = await perform(made.receiving, content, steps);
        if (code !== undefined) expect(FATAL).toContain(code);
        expect(made.wholes().length).toBeLessThanOrEqual(1);
        if (made.wholes().length === 1) {
          wholes += 1;
          const blob = await made.receiving.blob(1).catch(() => undefined); // because it may have been stopped since
          if (blob) expect(equalBytes(new Uint8Array(await blob.arrayBuffer()), content)).toBe(true);
        }
        await made.receiving.close();
        await expect(made.receiving.blob(1)).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
      },
    ),
    { numRuns: scaled(50_000, 500) },
  );
  expect(wholes).toBeGreaterThan(0); // Or nothing was tried.
});

test("credit is renewed when half of it is used, not while the file is paused, and not beyond the end", async () => {
  const size = CREDIT_BYTES * 2;
  const { receiving, event, reach } = await opened(size);
  expect(reach).toEqual({ offset: 0, creditEnd: CREDIT_BYTES });
  const renewed = () => event.flatMap((each) => (each.type === "credit" ? [each.creditEnd] : []));
  let at = 0;
  const send = async (to: number) => {
    for (const step = 2 ** 16; at < to; at += step)
      await receiving.hearFrame({ type: "chunk", fileId: 1, offset: at, data: new Uint8Array(step) }, ALONE);
  };
  await send(CREDIT_BYTES / 2 - 2 ** 16);
  expect(renewed()).toEqual([]);
  receiving.pause(1, true);
  await send(CREDIT_BYTES);
  expect(renewed()).toEqual([]);
  receiving.pause(1, false);
  expect(renewed()).toEqual([CREDIT_BYTES * 2]);
  await send(size);
  expect(renewed()).toEqual([CREDIT_BYTES * 2]);
});

test.each([
  ["E_FILE_READ", () => Promise.reject(new DOMException("planted", "QuotaExceededError"))],
  ["E_FILE_LIMIT", () => Promise.reject(new NullroomError("E_FILE_LIMIT", "planted"))],
] as const)(
  "a place that takes no more breaks the file with %s, and what still comes is dropped",
  async (code, write) => {
    let aborts = 0;
    const sink: FileSink = {
      received: 0,
      write,
      finish: async () => ({ type: "saved" }),
      abort: async () => undefined,
    };
    const open = async (_: unknown, signal: AbortSignal) => {
      signal.addEventListener("abort", () => {
        aborts += 1;
      });
      return sink;
    };
    const { receiving, event } = await opened(100, { ...plainDestination(), open });
    const chunk = { type: "chunk", fileId: 1, offset: 0, data: new Uint8Array(10) } as const;
    await receiving.hearFrame(chunk, ALONE);
    expect(event.at(-1)).toEqual({ type: "broken", direction: "in", fileId: 1, code });
    await receiving.hearFrame(chunk, ALONE);
    await receiving.hearFrame({ type: "file_end", fileId: 1, size: 0, sha256: new Uint8Array(32) }, ALONE);
    expect(event.filter(({ type: name }) => name === "broken" || name === "whole")).toHaveLength(1);
    expect(aborts).toBe(1);
  },
);

test("after the end nothing is opened any more", async () => {
  const { receiving } = await opened(1);
  await receiving.close();
  const late = receiving.open({
    ...{ fileId: 2, factory: plainDestination(), hashing: "whole" },
    file: { name: "b", type: "text/plain", size: 1 },
  });
  await expect(late).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});
