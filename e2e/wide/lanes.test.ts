import { afterAll, beforeAll, expect, test } from "vitest";
import { standInForPickers } from "../../testing/browsers/pickers.ts";
import type { Tab } from "../../testing/browsers/tab.ts";
import { type DelayedUdp, passageMs, startDelay } from "../../testing/network/delay/delay.ts";
import { TestCoturn } from "../../testing/services/coturn.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers, type Engine } from "../browsers.ts";
import { makeFile, receives, saved, sha256 } from "../files.ts";
import { createRoom, expectClean, join, reaches, talk } from "../people.ts";

/** Two who hide their address behind a relay that is far away: a large file moves over several connections. */

const ROUND_TRIP_MS = 80;
const FILE_BYTES = 12 * 1024 * 1024;
const PATIENCE_MS = 150_000;

const browsers = new Browsers({
  firefoxPrefs: { "media.peerconnection.ice.loopback": true }, // It asks no relay on loopback otherwise.
});
let coturn: TestCoturn;
let delay: DelayedUdp;
let server: TestServer;

beforeAll(async () => {
  coturn = await TestCoturn.start("loopback");
  delay = await startDelay({ target: { port: coturn.ports.plain }, delayMs: passageMs(ROUND_TRIP_MS) });
  server = await TestServer.start({
    NULLROOM_ICE_SERVERS: JSON.stringify([coturn.iceServer("udp", delay.port)]),
  });
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await delay[Symbol.asyncDispose]();
  await coturn[Symbol.asyncDispose]();
});

declare global {
  interface Window {
    /** Every connection that the page has made since somebody looked. */
    made?: RTCPeerConnection[];
  }
}

/** In the page of somebody who has met the other: what it makes from here on are lanes. */
function watch(): void {
  const made: RTCPeerConnection[] = [];
  window.made = made;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
}

type Lane = { state: string; candidates: string[]; messages: number };

/** What is known of each lane: the candidates are those that the other side has told. */
function look(): Promise<Lane[]> {
  return Promise.all(
    (window.made ?? []).map(async (connection) => {
      let messages = 0;
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type === "data-channel") messages += stat.messagesReceived;
      }
      const candidates = connection.remoteDescription?.sdp.match(/candidate:.*/g) ?? [];
      return { state: connection.connectionState, candidates, messages };
    }),
  );
}

async function meet(creator: Engine, guest: Engine): Promise<readonly [Tab, Tab]> {
  const [a, b] = [await browsers.open(creator), await browsers.open(guest)];
  await join(b, await createRoom(a, server, { hideAddress: true }), { hideAddress: true });
  await Promise.all([reaches(a, "secure", PATIENCE_MS), reaches(b, "secure", PATIENCE_MS)]);
  await talk(a, b, "from far away");
  for (const tab of [a, b]) await tab.evaluate(watch, undefined);
  return [a, b];
}

/** A file is offered, and there are lanes before anybody accepts it. */
async function offerOverLanes([from, to]: readonly [Tab, Tab], path: string): Promise<Lane[]> {
  await standInForPickers(to);
  await from.choose("Choose file", [path]);
  return until(
    "the lanes",
    async () => {
      const lanes = await to.evaluate(look, undefined);
      return lanes.length === 7 && lanes.every(({ state }) => state === "connected") && lanes;
    },
    PATIENCE_MS,
  );
}

test.each<[Engine, Engine]>([
  ["firefox", "chromium"],
  ["chromium", "firefox"],
])(
  "a file from %s to %s goes over every lane, and each of them over the relay",
  async (creator, guest) => {
    const [a, b] = await meet(creator, guest);
    const path = await makeFile(FILE_BYTES, `${creator}-to-${guest}.bin`);
    const lanes = await offerOverLanes([a, b], path);
    for (const { candidates } of lanes) {
      expect(candidates).not.toEqual([]);
      expect(candidates.filter((text) => !/ typ relay( raddr 0\.0\.0\.0 rport 0)?( |$)/.test(text))).toEqual(
        [],
      );
    }
    await receives(b, `${creator}-to-${guest}.bin`, PATIENCE_MS);
    const idle = (await b.evaluate(look, undefined)).filter(({ messages }) => messages === 0);
    expect(idle).toEqual([]);
    expect(await sha256(await saved(b, `${creator}-to-${guest}.bin`))).toBe(await sha256(path));
    for (const tab of [a, b]) await expectClean(tab, server);
    for (const tab of [a, b]) await tab.close();
  },
  300_000,
);

test("a lane that breaks takes the connection with it, and the file goes on over the next", async () => {
  const [a, b] = await meet("chromium", "chromium");
  const path = await makeFile(FILE_BYTES, "broken-lane.bin");
  await offerOverLanes([a, b], path);
  const arriving = receives(b, "broken-lane.bin", PATIENCE_MS);
  await until("the first bytes on a lane", async () =>
    (await b.evaluate(look, undefined)).some(({ messages }) => messages > 0),
  );
  await a.evaluate(() => window.made?.[2]?.close(), undefined);
  await reaches(b, "reconnecting", PATIENCE_MS);
  await Promise.all([reaches(a, "secure", PATIENCE_MS), reaches(b, "secure", PATIENCE_MS)]);
  await arriving;
  expect(await sha256(await saved(b, "broken-lane.bin"))).toBe(await sha256(path));
}, 300_000);
