import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../../testing/until.ts";
import { offer } from "../../../../testing/hostile-frames.ts";
import { HostileRendezvous } from "../../../../testing/hostile-rendezvous.ts";
import type { LaneFrame } from "../../../../wire/frames.ts";
import { formatChannels, formatDescriptions, formatOffer, parseOffer } from "../../../../wire/lane-frames.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const FILE_BYTES = 12_000_000;

/** Who opened the room is honest; who joined it holds all the keys. */
const begin = () =>
  HostileRendezvous.begin(until, (rooms) => {
    rooms.makesCertificates = true;
    rooms.network.roundTripMs = 100;
  });

const answer = (...sdps: string[]): LaneFrame => ({ type: "lane_answer", bytes: formatDescriptions(sdps) });
const laneOffer = (...sdps: string[]): LaneFrame => ({
  type: "lane_offer",
  bytes: formatOffer(new Uint8Array(32), sdps),
});
const lanes = (...channels: number[]): LaneFrame => ({ type: "lanes", bytes: formatChannels(channels) });

/** The honest side has offered lanes for a file that it is offered. @returns its descriptions */
async function isOfferedLanes({ peer }: HostileRendezvous): Promise<string[]> {
  await peer.say(offer(1, { size: FILE_BYTES }));
  const [said] = await until("the offer of lanes", () => {
    const all = peer.said("lane_offer");
    return all.length > 0 && all;
  });
  return said && "bytes" in said ? parseOffer(said.bytes).sdps : [];
}

describe("what ends the session", () => {
  test.each<[string, LaneFrame]>([
    ["an offer, which is not R's to make", laneOffer("v=0")],
    ["an offer of no lane", laneOffer()],
    ["an answer that nobody asked for", answer()],
    ["lanes that nobody offered", lanes(2)],
  ])("%s", async (_, frame) => {
    using rendezvous = await begin();
    await rendezvous.peer.say(frame);
    expect(await rendezvous.end()).toBe("E_RECORD_TYPE");
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
    ["naming them, which is not R's to do", () => [lanes(2)], "E_RECORD_TYPE"],
  ])("%s", async (_, lie, code) => {
    using rendezvous = await begin();
    await rendezvous.peer.say(...lie(await isOfferedLanes(rendezvous)));
    expect(await rendezvous.end()).toBe(code);
  });

  test("all of it where one of the two has no lanes", async () => {
    for (const frame of [laneOffer("v=0"), answer(), lanes()]) {
      using rendezvous = await HostileRendezvous.begin(until);
      await rendezvous.peer.say(frame);
      expect(await rendezvous.end()).toBe("E_RECORD_TYPE");
    }
  });
});

test("who makes no lanes is taken at its word, and the talk goes on", async () => {
  using rendezvous = await begin();
  expect(await isOfferedLanes(rendezvous)).toHaveLength(7);
  await rendezvous.peer.say(answer());
  const [named] = await until("the lanes", () => {
    const all = rendezvous.peer.said("lanes");
    return all.length > 0 && all;
  });
  expect(named).toEqual(lanes());
  await rendezvous.goesOn();
});
