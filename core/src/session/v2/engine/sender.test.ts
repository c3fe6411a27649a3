import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import { until } from "../../../../../testing/until.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { hash } from "../../../crypto/keys.ts";
import { NullroomError } from "../../../errors.ts";
import { type Hashing, hasherOf } from "../../../files/hasher.ts";
import { fileOffering, type Offering } from "../../../files/offering.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { EngineEvent } from "./messages.ts";
import { FileSender } from "./sender.ts";

type Step =
  | { do: "credit"; bytes: number }
  | { do: "wait"; turns: number }
  | { do: "cut" | "resume" | "pause" | "go-on" };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("credit" as const), bytes: fc.nat(90_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), turns: fc.nat(6) }) },
  fc.record({ do: fc.constantFrom("cut" as const, "resume" as const, "pause" as const, "go-on" as const) }),
);

const HASHING = fc.constantFrom("whole" as const, "pieces" as const);

/** The other side of a file: takes what comes while there is a connection, and checks that nobody goes too far. */
class Taker {
  readonly sending: FileSender;
  readonly event: EngineEvent[] = [];
  readonly taken: Uint8Array;
  received = 0;
  creditEnd = 0;
  end: Extract<BulkFrame, { type: "file_end" }> | undefined;
  isCut = false;
  #connection = 0;

  readonly #hashing: Hashing;

  constructor(size: number, hashing: Hashing = "whole") {
    this.#hashing = hashing;
    this.taken = new Uint8Array(size);
    this.sending = new FileSender({
      tell: (event) => void this.event.push(event),
      send: (frame) => this.#take(frame),
    });
  }

  accept(offering?: Offering): void {
    this.isCut = false;
    this.#connection += 1;
    const reach = { offset: this.received, creditEnd: this.creditEnd };
    this.sending.start({ fileId: 1, hashing: this.#hashing, ...(offering && { offering }), ...reach });
  }

  give(bytes: number): void {
    this.creditEnd += bytes;
    this.sending.credit({ fileId: 1, creditEnd: this.creditEnd });
  }

  async #take(frame: BulkFrame): Promise<void> {
    const connection = this.#connection;
    await setImmediate();
    if (this.isCut || connection !== this.#connection) throw new NullroomError("E_CHANNEL", "planted");
    if (frame.type === "file_end") this.end = frame;
    if (frame.type !== "chunk") return;
    expect(frame.offset).toBe(this.received);
    expect(frame.data.length).toBeGreaterThan(0);
    expect(frame.offset + frame.data.length).toBeLessThanOrEqual(this.creditEnd);
    this.taken.set(frame.data, frame.offset);
    this.received += frame.data.length;
  }
}

async function perform(taker: Taker, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === "credit") taker.give(step.bytes);
    else if (step.do === "pause" || step.do === "go-on") taker.sending.pause(1, step.do === "pause");
    else if (step.do === "wait") for (let turn = 0; turn < step.turns; turn++) await setImmediate();
    else if (step.do === "cut") taker.isCut = true;
    else if (taker.isCut) taker.accept();
  }
}

test("through whatever credit, pauses and broken connections: each byte in order, never too far, and the hash of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(300_000),
      fc.array(STEP, { maxLength: 30 }),
      HASHING,
      async (size, steps, hashing) => {
        const content = Uint8Array.from(randomBytes(size));
        const taker = new Taker(content.length, hashing);
        taker.accept(fileOffering(new File([content], "a")));
        await perform(taker, steps);
        taker.sending.pause(1, false);
        if (taker.isCut) taker.accept();
        taker.give(content.length);
        const { end } = await until("the end", () => taker.end && taker);
        const hasher = hasherOf(hashing);
        await hasher.update(content);
        expect(end).toMatchObject({ size: content.length, sha256: await hasher.digest() });
        expect(equalBytes(taker.taken, content)).toBe(true);
        expect(taker.event.some(({ type: event }) => event === "broken")).toBe(false);
        taker.sending.close();
      },
    ),
    { numRuns: scaled(2_000, 40) },
  );
});

test.each([
  ["has become shorter", new NullroomError("E_FILE_SIZE", "planted"), "E_FILE_SIZE"],
  ["cannot be read any more", new DOMException("planted", "NotReadableError"), "E_FILE_READ"],
])("a file that %s breaks, and has no end", async (_, thrown, code) => {
  const taker = new Taker(100);
  const blob = new Blob([new Uint8Array(100)]);
  blob.slice = () => {
    throw thrown;
  };
  taker.creditEnd = 100;
  taker.accept({ name: "a", type: "text/plain", size: 100, blobs: [blob] });
  await until("its end", () => taker.event.some(({ type: event }) => event === "broken"));
  expect(taker.event.at(-1)).toEqual({ type: "broken", direction: "out", fileId: 1, code });
  expect([taker.received, taker.end]).toEqual([0, undefined]);
});

test("what is asked for again is sent again and hashed once", async () => {
  const content = Uint8Array.from(randomBytes(10));
  const taker = new Taker(10);
  taker.creditEnd = 5;
  taker.accept(fileOffering(new File([content], "a")));
  await until("the first half", () => taker.received === 5);
  taker.isCut = true;
  taker.received = 0; // It has lost them, and wants them again.
  taker.accept();
  taker.give(5);
  const { end } = await until("the end", () => taker.end && taker);
  expect(end?.sha256).toEqual(await hash(content));
  expect(equalBytes(taker.taken, content)).toBe(true);
});

test("nobody goes on from where nothing ever was", () => {
  const taker = new Taker(10);
  taker.accept(fileOffering(new File([new Uint8Array(10)], "a")));
  taker.received = 1;
  expect(() => taker.accept()).toThrow("E_RECORD_TYPE");
});
