import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describePath, namedCandidates, type Path, pathFromStats, type Stat, watchPath } from "./path.ts";

const SDP = [
  "a=ice-ufrag:5465af0b",
  "a=candidate:0 1 UDP 2122187007 9280803d-c6a9-49e9-a8b7-d26c9568c047.local 39820 typ host",
  "a=candidate:3 1 UDP 92216831 192.0.2.7 50000 typ relay raddr 198.51.100.1 rport 1",
].join("\r\n");

const local = (candidateType: string, more = {}): Stat => ({
  type: "local-candidate",
  id: "l",
  candidateType,
  ...more,
});
const remote = (candidateType: string, more = {}): Stat => ({
  type: "remote-candidate",
  id: "r",
  candidateType,
  ...more,
});
const pair: Stat = { type: "candidate-pair", id: "p", localCandidateId: "l", remoteCandidateId: "r" };
const transport: Stat = { type: "transport", id: "t", selectedCandidatePairId: "p" };

test("candidates are read from a description", () => {
  expect(namedCandidates(SDP)).toMatchObject([
    {
      type: "remote-candidate",
      candidateType: "host",
      address: "9280803d-c6a9-49e9-a8b7-d26c9568c047.local",
    },
    { type: "remote-candidate", candidateType: "relay", address: "192.0.2.7" },
  ]);
  expect(namedCandidates("")).toEqual([]);
});

describe("the pair in use", () => {
  test.each<[string, Stat[], object]>([
    ["own addresses on both sides", [local("host"), remote("srflx")], { kind: "direct" }],
    [
      "our relay, by the address that was asked for it",
      [local("relay", { url: "turn:relay.example:3478?transport=udp" }), remote("host")],
      { kind: "relay", host: "relay.example" },
    ],
    [
      "the other side's relay",
      [local("host"), remote("relay", { address: "192.0.2.7" })],
      { kind: "relay", host: "192.0.2.7" },
    ],
    ["a learnt address and no named one", [local("host"), remote("prflx")], { kind: "unknown" }],
    [
      "a learnt address that is a relay's",
      [local("host"), remote("prflx", { address: "192.0.2.7" }), ...namedCandidates(SDP)],
      { kind: "relay", host: "192.0.2.7" },
    ],
    [
      "a learnt address that is hidden, where the other side has a relay",
      [local("host"), remote("prflx", { address: "" }), ...namedCandidates(SDP)],
      { kind: "unknown" },
    ],
    [
      "a learnt address that is not their relay's",
      [local("host"), remote("prflx", { address: "198.51.100.1" }), ...namedCandidates(SDP)],
      { kind: "direct" },
    ],
    [
      "our relay on IPv6",
      [local("relay", { url: "turns:[2001:db8::1]:443?transport=tcp" }), remote("host")],
      { kind: "relay", host: "[2001:db8::1]" },
    ],
    [
      "our relay in Firefox, which names no url",
      [local("relay", { address: "192.0.2.1" }), remote("host")],
      { kind: "relay", host: "192.0.2.1" },
    ],
    [
      "our relay in Node, which says ip",
      [local("relay", { ip: "192.0.2.1" }), remote("host")],
      { kind: "relay", host: "192.0.2.1" },
    ],
    ["a relay without a name", [local("relay"), remote("host")], { kind: "relay", host: undefined }],
    [
      "our own learnt address behind a relay",
      [local("prflx", { relayProtocol: "udp" }), remote("host")],
      { kind: "unknown" },
    ],
    ["a kind that nobody has heard of", [local("new"), remote("host")], { kind: "unknown" }],
    ["nothing", [], { kind: "unknown" }],
  ])("%s", (_name, candidates, path) => {
    expect(pathFromStats([transport, pair, ...candidates])).toEqual(path);
  });
});

test("a learnt address is direct where the other side has named addresses of its own and no relay", async () => {
  const stats = new Map(
    [transport, pair, local("host"), remote("prflx", { address: "" })].map((stat) => [stat.id, stat]),
  );
  const remoteDescription = {
    type: "answer",
    sdp: SDP.split("\r\n").slice(0, 2).join("\r\n"),
  } as RTCSessionDescription;
  const pc = { getStats: () => Promise.resolve(stats as RTCStatsReport), remoteDescription };
  expect(await describePath(pc)).toEqual({ kind: "direct" });
});

test("without a transport: the pair that is selected, else those nominated if they agree", () => {
  const candidates = [local("host", { id: "h" }), local("relay", { address: "192.0.2.1" }), remote("host")];
  const nominated = (id: string, localCandidateId: string, more = {}): Stat => ({
    ...pair,
    ...{ id, localCandidateId, nominated: true, state: "succeeded", ...more },
  });
  const relay = { kind: "relay", host: "192.0.2.1" };
  const selected = nominated("2", "l", { selected: true });
  expect(pathFromStats([...candidates, nominated("1", "h"), selected])).toEqual(relay);
  expect(pathFromStats([...candidates, nominated("1", "h"), nominated("2", "h")])).toEqual({
    kind: "direct",
  });
  expect(pathFromStats([...candidates, nominated("1", "h"), nominated("2", "l")])).toEqual({
    kind: "unknown",
  });
});

describe("watching", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch(getStats: () => Promise<RTCStatsReport>) {
    const lifetime = new AbortController();
    const paths: Path[] = [];
    watchPath({ getStats, remoteDescription: null }, lifetime.signal, (path) => paths.push(path));
    return { lifetime, paths };
  }

  test("tells every change and nothing else, and stops with its signal", async () => {
    let stats = [transport, pair, local("host"), remote("host")];
    const { lifetime, paths } = watch(async () => new Map(stats.map((stat) => [stat.id, stat])));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(paths).toEqual([{ kind: "direct" }]);
    stats = [transport, pair, local("relay", { url: "turn:relay.example" }), remote("host")];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(paths).toEqual([{ kind: "direct" }, { kind: "relay", host: "relay.example" }]);
    lifetime.abort();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a connection without statistics is unknown, and no error", async () => {
    const { lifetime, paths } = watch(() => Promise.reject(new DOMException("closed", "InvalidStateError")));
    await vi.advanceTimersByTimeAsync(1);
    expect(paths).toEqual([{ kind: "unknown" }]);
    lifetime.abort();
  });
});
