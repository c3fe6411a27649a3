import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Recording } from "../../testing/adversaries/hostile-relay/recording.ts";
import { type Attack, attacks, tamperOnce } from "../../testing/adversaries/hostile-relay/tampering.ts";
import { AttackedRoom } from "../../testing/adversaries/hostile-relay/victims/attacked-room.ts";
import type { Peer } from "../../testing/adversaries/hostile-relay/victims/peer.ts";
import { SCALE } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";

// A room mostly waits, for timeouts that the protocol names.
vi.setConfig({ maxConcurrency: 10, testTimeout: 150_000 });

let server: TestServer;
/** How two others found each other again, from which replays are taken. */
let earlier: Recording;

beforeAll(async () => {
  server = await TestServer.start();
  await using room = await AttackedRoom.openSecure(server);
  room.relay.newRecording();
  await survives(room);
  earlier = room.recording;
});
afterAll(() => server.stop());

/** The window of spec/3-session.md §8. */
const WINDOW_MS = 120_000;

/** Enough to meet each place and most tamperings. */
const CHOSEN: readonly Attack[] = attacks().filter((_, index) => SCALE >= 1 || index % 12 === 0);

describe.concurrent("two Node peers whose connection dies, and a relay that tampers once with its repair", () => {
  test.each(CHOSEN)("$name: the conversation goes on, and nothing false is shown", async (attack) => {
    await using room = await AttackedRoom.openSecure(server);
    const adversary = tamperOnce(attack, earlier);
    room.relay.setAdversary(adversary);
    await survives(room);
    expect(adversary.hasActed).toBe(true);
  });

  test("and with everything that ever passed, again and again: it goes on as if nothing was said", async () => {
    await using room = await AttackedRoom.openSecure(server);
    await survives(room);
    const frozen = [...room.recording.signals, ...earlier.signals];
    for (const role of ["I", "R"] as const) {
      for (const { blob } of frozen) room.relay.side(role)?.deliver(blob);
    }
    const connections = room.both.map(({ tap }) => tap.connections);
    await talk(room, "after the replays");
    expect(room.both.map(({ phase }) => phase)).toEqual(["secure", "secure"]);
    expect(room.both.map(({ tap }) => tap.connections)).toEqual(connections);
  });
});

/** The connection dies while both write; both are secure again, with their words, and have each text once. */
async function survives(room: AttackedRoom): Promise<void> {
  const { words } = room.initiator;
  await talk(room, "before");
  const [writing] = room.both;
  writing.session.sendText("into the dying line");
  for (const { tap } of room.both) tap.breakDown();
  await talk(room, "meanwhile");
  await Promise.all(room.both.map((peer) => peer.reaches("secure", WINDOW_MS)));
  for (const peer of room.both) expect(peer.words).toEqual(words);
  const heard = room.both.map((peer) => peer.texts);
  expect(heard).toEqual([
    ["before", "meanwhile"],
    ["before", "into the dying line", "meanwhile"],
  ]);
}

async function talk({ both }: AttackedRoom, text: string): Promise<void> {
  for (const { session } of both) session.sendText(text);
  await Promise.all(both.map((peer) => hears(peer, text)));
}

function hears(peer: Peer, text: string): Promise<boolean> {
  return until(`“${text}”`, () => peer.texts.includes(text), WINDOW_MS);
}
