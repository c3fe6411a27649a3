import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedRoom } from "../../testing/adversaries/hostile-relay/victims/attacked-room.ts";
import type { Peer } from "../../testing/adversaries/hostile-relay/victims/peer.ts";
import { type Exhibit, roomBytes } from "../../testing/instruments/secrets/exhibit.ts";
import { judge } from "../../testing/instruments/secrets/judge.ts";
import { reachableFrom } from "../../testing/instruments/secrets/reach.ts";
import { admission } from "../../testing/instruments/secrets/schedule.ts";
import { holding, type Values } from "../../testing/instruments/secrets/values.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";

// Node lends small buffers pieces of one pool: what this test decodes must not lie beside what the sockets hold.
Buffer.poolSize = 0;

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** Everything of one conversation that somebody could have recorded, and what they find later. */
type Evidence = { exhibit: Exhibit; values(peer: Peer): Promise<Values>; link: Uint8Array };

async function converse(room: AttackedRoom, link: Uint8Array): Promise<Evidence> {
  const [a, b] = room.both;
  a.session.sendText("the first thing that was said");
  await b.hears("the first thing that was said");
  b.session.sendText("and the answer");
  await a.hears("and the answer");
  const [I, R] = room.both.map(({ tap }) => tap.fingerprints()[0] ?? new Uint8Array());
  const seatTokens = room.recording.texts.flatMap(({ text }) =>
    [...text.matchAll(/seat_token\\?":\\?"([\w-]{22})/g)].map(([, token = ""]) =>
      Buffer.from(token, "base64url"),
    ),
  );
  expect(new Set(seatTokens.map((token) => token.toString("hex"))).size).toBe(2);
  const given = [admission(link), ...seatTokens].map((value) => ({ where: "what the server knows", value }));
  return {
    link,
    exhibit: {
      room: roomBytes(a.session.roomId),
      link,
      blobs: room.recording.signals.map(({ blob }) => blob),
      records: room.both.flatMap(({ tap }, from) =>
        tap.sent.map((bytes) => ({ from: from === 0 ? 0 : 1, bytes }) as const),
      ),
      fingerprints: [{ I: I ?? link, R: R ?? link }],
    },
    values: async ({ session }) => {
      const reached = await reachableFrom(session);
      return {
        ...reached,
        bytes: [...given, ...reached.bytes],
      };
    },
  };
}

function secretOf(peer: Peer): Uint8Array {
  return new Uint8Array(Buffer.from((peer.session.fragment ?? "").slice(2), "base64url"));
}

function places(found: readonly { where: string }[]): string[] {
  return found.map(({ where }) => where);
}

describe("a recording of everything, the link, and what a session left behind", () => {
  test("open nothing: neither while the conversation goes on, as far as records go, nor after it", async () => {
    let link = new Uint8Array();
    await using room = await AttackedRoom.open(server, {}, (initiator) => {
      link = new Uint8Array(secretOf(initiator));
    });
    expect(link).toHaveLength(32);
    await Promise.all(room.both.map((peer) => peer.reaches("secure", 40_000)));
    const { exhibit, values } = await converse(room, link);
    expect(exhibit.records.length).toBeGreaterThanOrEqual(4);

    for (const peer of room.both) {
      const during = await values(peer);
      const findings = await judge(exhibit, during);
      // The keys of the cable are still needed; that they are found shows that the look goes deep enough.
      expect(findings.map(({ opens }) => opens.split(" ")[0])).toContain("signal");
      expect(findings.filter(({ opens }) => opens.startsWith("record"))).toEqual([]);
      expect(places(holding(during, link))).toEqual([]);
    }

    const [a, b] = room.both;
    await a.session.destroy();
    await until("the other side to end", () => b.phase === "ended");
    for (const peer of room.both) {
      const after = await values(peer);
      expect(await judge(exhibit, after)).toEqual([]);
      expect(places(holding(after, link))).toEqual([]);
      expect(after.keys).toEqual([]);
    }
  });
});
