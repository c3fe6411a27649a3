import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  FORGERIES,
  type Forgery,
  forgeOnce,
  INIT_LIES,
  type InitLieName,
  lieInInit,
} from "../../testing/adversaries/hostile-relay/forgery.ts";
import type { Recording } from "../../testing/adversaries/hostile-relay/recording.ts";
import { STAGES } from "../../testing/adversaries/hostile-relay/stage.ts";
import { attacks, tamperOnce } from "../../testing/adversaries/hostile-relay/tampering.ts";
import { AttackedRoom } from "../../testing/adversaries/hostile-relay/victims/attacked-room.ts";
import { scaled } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";

// A room mostly waits, for timeouts that the protocol names.
vi.setConfig({ maxConcurrency: 10, testTimeout: 90_000 });

let server: TestServer;
/** Another session's recording, from which replays are taken. */
let earlier: Recording;

beforeAll(async () => {
  server = await TestServer.start();
  await using room = await AttackedRoom.openSecure(server);
  await until("the last candidates", () => room.recording.firstOf("candidate"));
  earlier = room.recording;
});
afterAll(() => server.stop());

/** The handshake's 15 s and the 30 s after it, and what a busy machine adds. */
const PATIENCE_MS = 60_000;

/** After one side has noticed, the other may go on trying for as long as it has not been told. */
const GIVING_UP_MS = 31_000;

describe.concurrent("two Node peers and a relay that tampers", () => {
  test("with an adversary that does nothing become secure: the room itself hinders nobody", async () => {
    await using room = await AttackedRoom.open(server, {});
    await Promise.all(room.both.map((peer) => peer.reaches("secure", PATIENCE_MS)));
    expect(room.both.map(({ wasSecure }) => wasSecure)).toEqual([true, true]);
    room.initiator.session.sendText("hello");
    await until("it to be shown", () => room.responder.shown.length === 1);
    for (const role of ["I", "R"] as const) expect(room.recording.phase1From(role)).not.toEqual([]);
  });

  test.each(attacks())("$name: neither becomes secure, and no address leaves early", async (attack) => {
    const adversary = tamperOnce(attack, earlier);
    await using room = await AttackedRoom.open(server, adversary);
    await room.oneNotices(PATIENCE_MS);
    await wait(scaled(GIVING_UP_MS, 500));
    expect(adversary.hasActed).toBe(true);
    for (const peer of room.both) {
      expect(peer.wasSecure).toBe(false);
      expect(peer.shown).toEqual([]);
    }
    for (const role of attack.silent) expect(room.recording.phase1From(role)).toEqual([]);
  });
});

describe.concurrent("two Node peers and a server that lies", () => {
  const lies = Object.entries(INIT_LIES) as [InitLieName, { refused: boolean }][];

  test.each(lies.filter(([, { refused }]) => refused))("%s in init is refused", async (lie) => {
    const adversary = lieInInit(lie, ["R"]);
    await using room = await AttackedRoom.open(server, adversary);
    await until("R to refuse", () => room.responder.isOver, PATIENCE_MS);
    expect(adversary.hasActed).toBe(true);
    expect(room.both.map(({ wasSecure }) => wasSecure)).toEqual([false, false]);
    // The initiator, to whom nobody lied, may have called; the responder, whose init was a lie, must not have answered.
    expect(room.recording.signals.filter(({ from }) => from === "R")).toEqual([]);
  });

  test.each(lies.filter(([, { refused }]) => !refused))("%s in init changes no words", async (lie) => {
    await using room = await AttackedRoom.open(server, lieInInit(lie, ["I", "R"]));
    await until(
      "an end or a conversation",
      () => room.both.every((peer) => peer.wasSecure || peer.isOver),
      PATIENCE_MS,
    );
    // Whoever is told that there is no time may be gone before the other has seen any words.
    const [mine, theirs] = room.both.map(({ words }) => words);
    if (mine && theirs) expect(mine).toEqual(theirs);
  });

  const forgeries = (Object.keys(FORGERIES) as Forgery[]).flatMap((forgery) =>
    STAGES.filter((stage) => stage !== "candidate").map((stage) => [forgery, stage] as const),
  );

  test.each(forgeries)("%s at %s: no false security, nothing shown", async (forgery, stage) => {
    const adversary = forgeOnce(forgery, stage);
    await using room = await AttackedRoom.open(server, adversary);
    await until("it to be said", () => adversary.hasActed, PATIENCE_MS);
    await wait(1_000);
    for (const peer of room.both) expect(peer.shown).toEqual([]);
    const words = room.both.flatMap((peer) => (peer.words === undefined ? [] : [peer.words]));
    if (words.length === 2) expect(words[0]).toEqual(words[1]);
  });

  test.each(["peer_left left", "peer_left gone"] as const)(
    "%s after both have proven themselves is ignored",
    async (forgery) => {
      await using room = await AttackedRoom.open(server, forgeOnce(forgery, "answer"));
      await Promise.all(room.both.map((peer) => peer.reaches("secure", PATIENCE_MS)));
    },
  );
});

describe("two Node peers who are secure", () => {
  test("go on as they are, whatever the relay says, repeats, changes or cuts", async () => {
    await using room = await AttackedRoom.openSecure(server);
    const [a, b] = room.both;
    const words = a.words;
    const frozen = [...room.recording.signals];
    const changed = frozen.map(({ blob }) =>
      blob.map((byte, index) => (index === blob.length - 1 ? byte ^ 1 : byte)),
    );
    room.relay.setAdversary({
      // Whatever still comes is lost.
      signal: () => [],
      message: () => [],
    });
    for (const role of ["I", "R"] as const) {
      const victim = room.relay.side(role);
      for (const message of Object.values(FORGERIES)) victim?.tell(message);
      for (const { blob } of frozen) victim?.deliver(blob);
      for (const blob of changed) victim?.deliver(blob);
      for (const { blob } of earlier.signals) victim?.deliver(blob);
    }
    await talk("after the lies");
    room.relay.goAway();
    await talk("without a cable");
    room.relay.setAdversary({});
    room.relay.goBack();
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
