import { expect, test } from "vitest";
import { SinkFactories } from "./sink-factories.ts";

const factories = new SinkFactories();

async function keptInMemory(lifetime: AbortSignal) {
  const factory = factories.factoryOf({ kind: "memory" });
  const sink = await factory.open({ name: "a", type: "text/plain", size: 3 }, lifetime);
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

test("what is no destination has no factory", () => {
  expect(() => factories.factoryOf("memory")).toThrow("E_UNSUPPORTED");
});
