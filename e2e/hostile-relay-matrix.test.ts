import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  FORGERIES,
  type Forgery,
  forge,
  INIT_LIES,
  type InitLieName,
  lieInInit,
} from "../testing/adversaries/hostile-relay/forgery.ts";
import { PLACES } from "../testing/adversaries/hostile-relay/place.ts";
import type { Recording } from "../testing/adversaries/hostile-relay/recording.ts";
import { attacks, strike } from "../testing/adversaries/hostile-relay/tampering.ts";
import { Trial } from "../testing/adversaries/hostile-relay/trial.ts";
import { scaled } from "../testing/scale.ts";
import { TestServer } from "../testing/services/server.ts";
import { until } from "../testing/until.ts";

// A trial mostly waits, for timeouts that the protocol names.
vi.setConfig({ maxConcurrency: 10, testTimeout: 90_000 });

let server: TestServer;
/** Another session's recording, from which replays are taken. */
let earlier: Recording;

beforeAll(async () => {
  server = await TestServer.start();
  await using trial = await Trial.met(server);
  await until("the last candidates", () => trial.recording.at("candidate"));
  earlier = trial.recording;
});
afterAll(() => server.stop());

/** The handshake's 15 s and the 30 s after it, and what a busy machine adds. */
const PATIENCE_MS = 60_000;

/** After one side has noticed, the other may go on trying for as long as it has not been told. */
const GIVING_UP_MS = 31_000;

describe.concurrent("two Node peers and a relay that tampers", () => {
  test("with an adversary that does nothing become secure: the trial itself hinders nobody", async () => {
    await using trial = await Trial.begin(server, {});
    await Promise.all(trial.both.map((peer) => peer.reaches("secure", PATIENCE_MS)));
    expect(trial.both.map(({ wasSecure }) => wasSecure)).toEqual([true, true]);
    trial.initiator.session.sendText("hello");
    await until("it to be shown", () => trial.responder.shown.length === 1);
    for (const role of ["I", "R"] as const) expect(trial.recording.phase1From(role)).not.toEqual([]);
  });

  test.each(attacks())("$name: neither becomes secure, and no address leaves early", async (attack) => {
    const adversary = strike(attack, earlier);
    await using trial = await Trial.begin(server, adversary);
    await trial.noticed(PATIENCE_MS);
    await wait(scaled(GIVING_UP_MS, 500));
    expect(adversary.struck).toBe(true);
    for (const peer of trial.both) {
      expect(peer.wasSecure).toBe(false);
      expect(peer.shown).toEqual([]);
    }
    for (const role of attack.silent) expect(trial.recording.phase1From(role)).toEqual([]);
  });
});

describe.concurrent("two Node peers and a server that lies", () => {
  const lies = Object.entries(INIT_LIES) as [InitLieName, { refused: boolean }][];

  test.each(lies.filter(([, { refused }]) => refused))("%s in init is refused", async (lie) => {
    const adversary = lieInInit(lie, ["R"]);
    await using trial = await Trial.begin(server, adversary);
    await until("R to refuse", () => trial.responder.isOver, PATIENCE_MS);
    expect(adversary.struck).toBe(true);
    expect(trial.both.map(({ wasSecure }) => wasSecure)).toEqual([false, false]);
    // I, to whom nobody lied, may have called; a seat that is a lie answers nothing.
    expect(trial.recording.signals.filter(({ from }) => from === "R")).toEqual([]);
  });

  test.each(lies.filter(([, { refused }]) => !refused))("%s in init changes no words", async (lie) => {
    await using trial = await Trial.begin(server, lieInInit(lie, ["I", "R"]));
    await until(
      "an end or a conversation",
      () => trial.both.every((peer) => peer.wasSecure || peer.isOver),
      PATIENCE_MS,
    );
    // Whoever is told that there is no time may be gone before the other has seen any words.
    const [mine, theirs] = trial.both.map(({ words }) => words);
    if (mine && theirs) expect(mine).toEqual(theirs);
  });

  const forgeries = (Object.keys(FORGERIES) as Forgery[]).flatMap((forgery) =>
    PLACES.filter((place) => place !== "candidate").map((place) => [forgery, place] as const),
  );

  test.each(forgeries)("%s at %s: no false security, nothing shown", async (forgery, place) => {
    const adversary = forge(forgery, place);
    await using trial = await Trial.begin(server, adversary);
    await until("it to be said", () => adversary.struck, PATIENCE_MS);
    await wait(1_000);
    for (const peer of trial.both) expect(peer.shown).toEqual([]);
    const words = trial.both.flatMap((peer) => (peer.words === undefined ? [] : [peer.words]));
    if (words.length === 2) expect(words[0]).toEqual(words[1]);
  });

  test.each(["peer_left left", "peer_left gone"] as const)(
    "%s after both have proven themselves is ignored",
    async (forgery) => {
      await using trial = await Trial.begin(server, forge(forgery, "answer"));
      await Promise.all(trial.both.map((peer) => peer.reaches("secure", PATIENCE_MS)));
    },
  );
});

describe("two Node peers who are secure", () => {
  test("go on as they are, whatever the relay says, repeats, changes or cuts", async () => {
    await using trial = await Trial.met(server);
    const [a, b] = trial.both;
    const words = a.words;
    const frozen = [...trial.recording.signals];
    const changed = frozen.map(({ blob }) =>
      blob.map((byte, index) => (index === blob.length - 1 ? byte ^ 1 : byte)),
    );
    trial.relay.setAdversary({
      // Whatever still comes is lost.
      signal: () => [],
      message: () => [],
    });
    for (const role of ["I", "R"] as const) {
      const victim = trial.relay.side(role);
      for (const message of Object.values(FORGERIES)) victim?.tell(message);
      for (const { blob } of frozen) victim?.deliver(blob);
      for (const blob of changed) victim?.deliver(blob);
      for (const { blob } of earlier.signals) victim?.deliver(blob);
    }
    await talk("after the lies");
    trial.relay.goAway();
    await talk("without a cable");
    trial.relay.setAdversary({});
    trial.relay.goBack();
    await talk("after it came back");

    expect([a.phase, b.phase]).toEqual(["secure", "secure"]);
    expect([a.words, b.words]).toEqual([words, words]);
    expect([...a.failures, ...b.failures]).toEqual([]);
    expect(a.texts.concat(b.texts)).toHaveLength(6);

    async function talk(about: string): Promise<void> {
      a.session.sendText(`${about}, from a`);
      b.session.sendText(`${about}, from b`);
      await Promise.all([a.hears(`${about}, from b`), b.hears(`${about}, from a`)]);
    }
  });
});
