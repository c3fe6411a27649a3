import { describe, expect, test } from "vitest";
import { FakePeers } from "../testing/fake-peers.ts";
import { type Candidate, type PeerEvent, PeerLink } from "./peer-link.ts";

function link(peers: FakePeers, onEvent: (event: PeerEvent) => void = () => undefined) {
  const lifetime = new AbortController();
  const events: PeerEvent[] = [];
  const made = new PeerLink({
    platform: peers,
    configuration: { iceServers: [] },
    signal: lifetime.signal,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  return { link: made, lifetime, events, types: () => events.map(({ type }) => type) };
}

/** Carry signals over, one by one, until nobody has anything to say. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const candidate: Candidate = { candidate: "candidate:x", sdpMid: "0", sdpMLineIndex: 0 };

describe("PeerLink", () => {
  test("offer, answer and candidates bring both to a channel", async () => {
    const peers = new FakePeers();
    const carry = (to: () => PeerLink) => (event: PeerEvent) => {
      if (event.type === "description") to().accept(event.description);
      if (event.type === "candidate") to().addCandidate(event.candidate);
    };
    const a = link(
      peers,
      carry(() => b.link),
    );
    const b = link(
      peers,
      carry(() => a.link),
    );
    const channel = a.link.createChannel("x", {});
    a.link.offer();
    await settle();
    expect(a.types()).toEqual(["description", "candidate", "candidates-end", "connection"]);
    expect(b.types()).toEqual(["description", "candidate", "candidates-end", "connection", "channel"]);
    expect(channel.readyState).toBe("open");
    expect(channel.binaryType).toBe("arraybuffer");
    expect(peers.made.map(({ candidates }) => candidates.length)).toEqual([1, 1]);
  });

  test("a description goes out before the candidates that were found while it was made", async () => {
    const { link: a, types } = link(new FakePeers());
    a.offer();
    await settle();
    expect(types()).toEqual(["description", "candidate", "candidates-end"]);
  });

  test("candidates that come early wait for the description", async () => {
    const peers = new FakePeers();
    const a = link(peers);
    const b = link(peers);
    b.link.addCandidate(candidate);
    await settle();
    expect(peers.made[1]?.candidates).toEqual([]);
    a.link.offer();
    await settle();
    const offer = a.events.find((event) => event.type === "description");
    if (offer?.type === "description") b.link.accept(offer.description);
    await settle();
    expect(peers.made[1]?.candidates).toEqual([candidate]);
  });

  test("a candidate that the runtime refuses is no failure, a description is", async () => {
    const peers = new FakePeers();
    const a = link(peers);
    const b = link(peers);
    a.link.offer();
    await settle();
    b.link.accept({ type: "offer", sdp: peers.made[0]?.sdp ?? "" });
    b.link.addCandidate({ ...candidate, candidate: "candidate:refuse" });
    b.link.addCandidate(candidate);
    await settle();
    expect(peers.made[1]?.candidates).toEqual([candidate]);
    a.link.accept({ type: "answer", sdp: "nobody's" });
    await settle();
    expect(a.events.at(-1)).toMatchObject({ type: "failed", error: { code: "E_CHANNEL" } });
  });

  test("a mistake of ours is no refusal of the runtime's", async () => {
    const peers = new FakePeers();
    const a = link(peers);
    const [pc] = peers.made;
    const mistake = new TypeError("planted");
    if (pc) pc.createOffer = () => Promise.reject(mistake);
    a.link.offer();
    await settle();
    expect(a.events).toMatchObject([{ type: "failed", error: { code: "E_INTERNAL", cause: mistake } }]);
  });

  test("closes with its signal, silently, and leaves no listener", async () => {
    const peers = new FakePeers();
    const { link: a, lifetime, events } = link(peers);
    a.offer();
    lifetime.abort();
    await settle();
    expect(peers.made[0]?.connectionState).toBe("closed");
    expect(peers.made[0]?.listenerCount).toBe(0);
    expect(events).toEqual([]);
  });
});
