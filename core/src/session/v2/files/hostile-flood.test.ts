import { setMaxListeners } from "node:events";
import { memoryUsage } from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import { SEND_QUEUE_BYTES } from "../../../limits.ts";
import { offer } from "../../../testing/hostile-frames.ts";
import { goesOn } from "../../../testing/hostile-guest.ts";
import { TwoPeople } from "../../../testing/two-people.ts";
import type { CtlFrame } from "../../../wire/frames.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const MANY = scaled(100_000, 1_500);
/** A noise of a few hundred KiB is the collector's; what stays of each offer is what would add up. */
const NOISE_BYTES = 2 * 2 ** 20;
const LEFT_BYTES = 20;
const PING: CtlFrame = { type: "ping", token: new Uint8Array(8) };

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collect();
  const { heapUsed, external } = memoryUsage();
  return heapUsed + external;
}

describe(`${MANY} offers leave nothing behind`, () => {
  const FLOODS: readonly (readonly [string, (fileId: number) => CtlFrame[], number])[] = [
    ["that nobody answers", (fileId) => [offer(fileId)], 16],
    ["each taken back at once", (fileId) => [offer(fileId), { type: "cancel", fileId, reason: 3 }], 2 * MANY],
    ["each too large", (fileId) => [offer(fileId, { size: 2 ** 40 })], 0],
    ["all of them the same", () => [offer(1)], 1],
  ];

  test.each(FLOODS)("%s", async (_, flood, reports) => {
    using people = await TwoPeople.connectHostile();
    const { guest } = people;
    const forget = async () => {
      await goesOn(people);
      guest.heard.length = 0;
      people.maker.forget();
    };
    await forget();
    const before = heldBytes();
    for (let fileId = 1; fileId <= MANY; fileId++) {
      await guest.say(...flood(fileId));
      if (fileId % 500 === 0) await forget();
    }
    await forget();
    expect(heldBytes() - before).toBeLessThan(NOISE_BYTES + LEFT_BYTES * MANY);
    expect(people.maker.transferReports).toBe(reports);
  });
});

describe("somebody who pours out and does not listen is left", () => {
  test.each([
    ["offers", (fileId: number) => offer(fileId, { size: 2 ** 40 })],
    ["pings", () => PING],
    ["questions for more time", (): CtlFrame => ({ type: "extend_ask", addSeconds: 60 })],
  ])("%s", async (_, word) => {
    using people = await TwoPeople.connectHostile();
    const ctl = people.network.connections[0]?.channels.get(0);
    if (ctl) ctl.bufferedAmount = SEND_QUEUE_BYTES + 1; // Nothing of what is said leaves any more.
    for (let count = 1; count <= 4_096; count++) await people.guest.say(word(count));
    expect(people.maker.state.phase).toBe("secure");
    await people.guest.say(word(4_097), word(4_098));
    expect(await people.maker.fails()).toBe("E_CHANNEL");
  });

  test("more at once than anybody can take", async () => {
    using people = await TwoPeople.connectHostile();
    const ctl = people.network.connections[0]?.channels.get(0);
    for (let count = 0; count < 2 ** 14; count++) ctl?.receive(new ArrayBuffer(1));
    expect(people.maker.state.phase).toBe("secure");
    ctl?.receive(new ArrayBuffer(1));
    expect(await people.maker.fails()).toBe("E_CHANNEL");
  });
});
