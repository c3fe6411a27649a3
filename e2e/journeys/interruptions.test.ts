import { afterAll, describe, expect, test } from "vitest";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers, PAIRINGS } from "../browsers.ts";
import {
  createRoom,
  destroy,
  isToldOfTheEnd,
  join,
  meet,
  reaches,
  state,
  talk,
  textOf,
  traces,
} from "../people.ts";

const browsers = new Browsers();
afterAll(() => browsers[Symbol.asyncDispose]());

describe.each(PAIRINGS)("the server goes away while %s and %s talk", (first, second) => {
  test("killed: the talk goes on, also when it is back and knows nothing of the room", async () => {
    await using server = await TestServer.start();
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    await meet(a, b, server);
    await server.kill();
    await talk(a, b, "without a server");
    await server.start();
    const before = a.record.requests.length;
    await until("a cable to the new server", () => a.record.requests.length > before, 60_000);
    await talk(a, b, "with a new server");
    expect([await state(a), await state(b)]).toEqual(["secure", "secure"]);
    await destroy(a);
    await isToldOfTheEnd(b);
  });

  test("restarted in an orderly way: nobody notices", async () => {
    await using server = await TestServer.start();
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    await meet(a, b, server);
    const stoppedAt = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(5000);
    await talk(a, b, "while it is down");
    await server.start();
    await talk(a, b, "when it is back");
    expect([await state(a), await state(b)]).toEqual(["secure", "secure"]);
  });
});

describe("the time runs out", () => {
  const short = { NULLROOM_ROOM_TTL_SECONDS: "15" };

  test("while waiting: the creator is told", async () => {
    await using server = await TestServer.start(short);
    await using a = await browsers.open("chromium");
    await using b = await browsers.open("chromium");
    const link = await createRoom(a, server);
    await isToldOfTheEnd(a, 20_000);
    await join(b, link);
    await reaches(b, "ended");
  });

  test.each(PAIRINGS)(
    "while %s and %s talk, with no server left to say so: both are told, and both pages are empty",
    async (first, second) => {
      await using server = await TestServer.start(short);
      await using a = await browsers.open(first);
      await using b = await browsers.open(second);
      await meet(a, b, server);
      await talk(a, b, "canary until the end");
      await server.kill();
      expect(await textOf(a, '[role="timer"]')).toMatch(/0:[01]\d/);
      await Promise.all([isToldOfTheEnd(a, 20_000), isToldOfTheEnd(b, 20_000)]);
      for (const tab of [a, b]) expect(await traces(tab, ["canary"])).toEqual([]);
    },
  );
});
