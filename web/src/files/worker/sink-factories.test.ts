import { expect, test } from "vitest";
import { SinkFactories } from "./sink-factories.ts";

const office = new SinkFactories();

async function keptInMemory(lifetime: AbortSignal) {
  const place = office.factoryOf({ kind: "memory" });
  const sink = await place.open({ name: "a", type: "text/plain", size: 3 }, lifetime);
  await sink.write(new TextEncoder().encode("abc"));
  const received = await sink.finish();
  if (received.type !== "kept") throw new Error("memory keeps");
  return received.file;
}

test("a kept file is there until it is discarded", async () => {
  const kept = await keptInMemory(new AbortController().signal);
  expect(await (await kept.blob()).text()).toBe("abc");
  await kept.discard();
  await expect(kept.blob()).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});

test("a kept file ends with its lifetime", async () => {
  const lifetime = new AbortController();
  const kept = await keptInMemory(lifetime.signal);
  lifetime.abort();
  await expect(kept.blob()).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});

test("what is no ticket is no place", () => {
  expect(() => office.factoryOf("memory")).toThrow("E_UNSUPPORTED");
});
