import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Peer } from "../testing/adversaries/hostile-relay/peers.ts";
import type { Recording } from "../testing/adversaries/hostile-relay/recording.ts";
import { type Attack, attacks, strike } from "../testing/adversaries/hostile-relay/tampering.ts";
import { Trial } from "../testing/adversaries/hostile-relay/trial.ts";
import { SCALE } from "../testing/scale.ts";
import { TestServer } from "../testing/services/server.ts";
import { until } from "../testing/until.ts";

// A trial mostly waits, for timeouts that the protocol names.
vi.setConfig({ maxConcurrency: 10, testTimeout: 150_000 });

let server: TestServer;
/** How two others found each other again, from which replays are taken. */
let earlier: Recording;

beforeAll(async () => {
  server = await TestServer.start();
  await using trial = await Trial.met(server);
  trial.relay.newRecording();
  await survives(trial);
  earlier = trial.recording;
});
afterAll(() => server.stop());

/** The window of spec/3-session.md §8. */
const WINDOW_MS = 120_000;

/** Enough to meet each place and most tamperings. */
const CHOSEN: readonly Attack[] = attacks().filter((_, index) => SCALE >= 1 || index % 12 === 0);

describe.concurrent("two Node peers whose connection dies, and a relay that tampers once with its repair", () => {
  test.each(CHOSEN)("$name: the conversation goes on, and nothing false is shown", async (attack) => {
    await using trial = await Trial.met(server);
    const adversary = strike(attack, earlier);
    trial.relay.setAdversary(adversary);
    await survives(trial);
    expect(adversary.struck).toBe(true);
  });

  test("and with everything that ever passed, again and again: it goes on as if nothing was said", async () => {
    await using trial = await Trial.met(server);
    await survives(trial);
    const frozen = [...trial.recording.signals, ...earlier.signals];
    for (const role of ["I", "R"] as const) {
      for (const { blob } of frozen) trial.relay.side(role)?.deliver(blob);
    }
    const connections = trial.both.map(({ tap }) => tap.connections);
    await talk(trial, "after the replays");
    expect(trial.both.map(({ phase }) => phase)).toEqual(["secure", "secure"]);
    expect(trial.both.map(({ tap }) => tap.connections)).toEqual(connections);
  });
});

/** The connection dies while both write; both are secure again, with their words, and have each text once. */
async function survives(trial: Trial): Promise<void> {
  const { words } = trial.initiator;
  await talk(trial, "before");
  const [writing] = trial.both;
  writing.session.sendText("into the dying line");
  for (const { tap } of trial.both) tap.breakDown();
  await talk(trial, "meanwhile");
  await Promise.all(trial.both.map((peer) => peer.reaches("secure", WINDOW_MS)));
  for (const peer of trial.both) expect(peer.words).toEqual(words);
  const heard = trial.both.map((peer) => peer.texts);
  expect(heard).toEqual([
    ["before", "meanwhile"],
    ["before", "into the dying line", "meanwhile"],
  ]);
}

async function talk({ both }: Trial, text: string): Promise<void> {
  for (const { session } of both) session.sendText(text);
  await Promise.all(both.map((peer) => hears(peer, text)));
}

function hears(peer: Peer, text: string): Promise<boolean> {
  return until(`“${text}”`, () => peer.texts.includes(text), WINDOW_MS);
}
