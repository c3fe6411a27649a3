import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../../testing/until.ts";
import { fakeCertificate } from "../../../../testing/fake-network.ts";
import { FakeRooms } from "../../../../testing/fake-rooms.ts";
import { offer } from "../../../../testing/hostile-frames.ts";
import { goesOn } from "../../../../testing/hostile-guest.ts";
import type { HostilePeer } from "../../../../testing/hostile-peer.ts";
import { TwoPeople } from "../../../../testing/two-people.ts";
import type { LaneFrame } from "../../../../wire/frames.ts";
import { formatChannels, formatDescriptions, formatOffer, parseOffer } from "../../../../wire/lane-frames.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const FILE_BYTES = 12_000_000;

/** Far apart, where lanes are worth it. Who made the room is honest; who joined it holds all the keys. */
const begin = () => {
  const rooms = new FakeRooms();
  rooms.network.roundTripMs = 100;
  return TwoPeople.connectHostile({
    rooms,
    platform: { generateCertificate: async () => fakeCertificate() },
  });
};

const answer = (...sdps: string[]): LaneFrame => ({ type: "lane_answer", bytes: formatDescriptions(sdps) });
const laneOffer = (...sdps: string[]): LaneFrame => ({
  type: "lane_offer",
  bytes: formatOffer(new Uint8Array(32), sdps),
});
const lanes = (...channels: number[]): LaneFrame => ({ type: "lanes", bytes: formatChannels(channels) });

/** The honest side has offered lanes for a file that it is offered. @returns its descriptions */
async function isOfferedLanes({ guest }: TwoPeople<HostilePeer>): Promise<string[]> {
  await guest.say(offer(1, { size: FILE_BYTES }));
  const [said] = await until("the offer of lanes", () => {
    const all = guest.said("lane_offer");
    return all.length > 0 && all;
  });
  return said && "bytes" in said ? parseOffer(said.bytes).sdps : [];
}

describe("what ends the session", () => {
  test.each<[string, LaneFrame]>([
    ["an offer, which is not the responder's to make", laneOffer("v=0")],
    ["an offer of no lane", laneOffer()],
    ["an answer that nobody asked for", answer()],
    ["lanes that nobody offered", lanes(2)],
  ])("%s", async (_, frame) => {
    using people = await begin();
    await people.guest.say(frame);
    expect(await people.maker.fails()).toBe("E_RECORD_TYPE");
  });

  test.each<[string, (sdps: string[]) => LaneFrame[], string]>([
    ["another number of answers", ([first = ""]) => [answer(first)], "E_RECORD_TYPE"],
    ["an answer outside the policy", (sdps) => [answer(...sdps.map(() => "v=0\r\n"))], "E_SDP_POLICY"],
    ["an offer for an answer", (sdps) => [answer(...sdps)], "E_SDP_POLICY"],
    [
      "another certificate",
      (sdps) => [answer(...sdps.map((sdp) => sdp.replace("actpass", "active")))],
      "E_FP_MISMATCH",
    ],
    ["a second answer", () => [answer(), answer()], "E_RECORD_TYPE"],
    ["naming them, which is not the responder's to do", () => [lanes(2)], "E_RECORD_TYPE"],
  ])("%s", async (_, lie, code) => {
    using people = await begin();
    await people.guest.say(...lie(await isOfferedLanes(people)));
    expect(await people.maker.fails()).toBe(code);
  });

  test("all of it where one of the two has no lanes", async () => {
    for (const frame of [laneOffer("v=0"), answer(), lanes()]) {
      using people = await TwoPeople.connectHostile();
      await people.guest.say(frame);
      expect(await people.maker.fails()).toBe("E_RECORD_TYPE");
    }
  });
});

test("who makes no lanes is taken at its word, and the talk goes on", async () => {
  using people = await begin();
  expect(await isOfferedLanes(people)).toHaveLength(7);
  await people.guest.say(answer());
  const [named] = await until("the lanes", () => {
    const all = people.guest.said("lanes");
    return all.length > 0 && all;
  });
  expect(named).toEqual(lanes());
  await goesOn(people);
});
