import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tab } from "../../testing/browsers/tab.ts";
import { TestCoturn } from "../../testing/services/coturn.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers, type Engine } from "../browsers.ts";
import { handOver, makeFile, sha256 } from "../files.ts";
import { createRoom, destroy, expectClean, isToldOfTheEnd, join, reaches, talk, textOf } from "../people.ts";

/** Both hide their address, so that nothing but the relay is left, and it speaks one transport only. */

const browsers = new Browsers({
  chromiumFlags: ["--ignore-certificate-errors"], // The relay's certificate is its own.
  firefoxPrefs: { "media.peerconnection.ice.loopback": true }, // It asks no relay on loopback otherwise.
});
let coturn: TestCoturn;

beforeAll(async () => {
  coturn = await TestCoturn.start("loopback");
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await coturn[Symbol.asyncDispose]();
});

/** Nothing, one byte, a chunk and its neighbours. */
const EDGES = [0, 1, 65_279, 65_280, 65_281];

const pairings: [transport: "udp" | "tcp" | "tls", creator: Engine, guest: Engine][] = [
  ["udp", "chromium", "chromium"],
  ["tcp", "chromium", "chromium"],
  ["tls", "chromium", "chromium"],
  ["udp", "chromium", "firefox"],
  ["udp", "firefox", "chromium"],
];

describe("relay only", () => {
  test.each(pairings)("over %s, %s with %s", async (transport, creator, guest) => {
    await using server = await TestServer.start({
      NULLROOM_ICE_SERVERS: JSON.stringify([coturn.iceServer(transport)]),
    });
    await using a = await browsers.open(creator);
    await using b = await browsers.open(guest);

    const link = await createRoom(a, server, { hideAddress: true });
    await join(b, link, { hideAddress: true });
    await Promise.all([reaches(a, "secure", 45_000), reaches(b, "secure", 45_000)]);

    for (const tab of [a, b]) await saysRelayed(tab);
    await talk(a, b, "by a detour");
    for (const size of transport === "udp" ? [...EDGES, 16 * 1024 * 1024] : [1_000_000]) {
      const file = await makeFile(size, `detour-${size}.bin`);
      expect(await sha256(await handOver(a, b, file)), `${size} bytes`).toBe(await sha256(file));
    }
    await destroy(a);
    await isToldOfTheEnd(b);
    for (const tab of [a, b]) await expectClean(tab, server);
  });

  test("a server without a relay says so before anything is sent", async () => {
    await using server = await TestServer.start();
    await using a = await browsers.open("chromium");
    await a.goto(server.url);
    await a.click("checkbox", "Hide my IP address");
    await a.click("button", "Create room");
    await isRefused(a);
    expect(a.record.requests.filter((url) => /rooms|cable/.test(new URL(url).pathname))).toEqual([]);

    await using b = await browsers.open("chromium");
    await join(b, await createRoom(a, server), { hideAddress: true });
    await isRefused(b);
    expect(b.record.requests.filter((url) => url.startsWith("ws"))).toEqual([]);
    // The link is as good as before for somebody who changes their mind.
    await b.click("checkbox", "Hide my IP address");
    await b.click("button", "Join room");
    await Promise.all([reaches(a, "secure"), reaches(b, "secure")]);
  });
});

async function isRefused(tab: Tab): Promise<void> {
  await until("the refusal", async () => /can’t be hidden here/.test(await textOf(tab, "[role=alert]")));
}

async function saysRelayed(tab: Tab): Promise<void> {
  await until("the path", async () =>
    /relayed by (127\.0\.0\.1|\[?::1)/.test(await textOf(tab, '[role="status"]')),
  );
}
