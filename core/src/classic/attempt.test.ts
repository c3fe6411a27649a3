import { expect, test } from "vitest";
import type { Bytes } from "../brand.ts";
import { FakePeers } from "../testing/fake-peers.ts";
import type { JsonObject } from "../wire/read.ts";
import { Attempt } from "./attempt.ts";

const HOST = "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host";
const RELAY = "candidate:3 1 udp 33562623 203.0.113.9 60000 typ relay raddr 198.51.100.7 rport 50000";

async function candidatesOf(configuration: RTCConfiguration): Promise<string> {
  const peers = new FakePeers();
  const said: JsonObject[] = [];
  const lifetime = new AbortController();
  new Attempt({
    platform: peers,
    configuration,
    role: 0,
    linkKey: new Uint8Array(32) as Bytes,
    signal: lifetime.signal,
    say: (data) => said.push(data),
    onEvent: () => undefined,
  });
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  for (const candidate of [HOST, RELAY]) {
    const found = { candidate: { candidate, sdpMid: "0", sdpMLineIndex: 0 } };
    peers.made[0]?.dispatchEvent(Object.assign(new Event("icecandidate"), found));
  }
  lifetime.abort();
  return JSON.stringify(said);
}

test("whoever hides an address lets nothing out that names it, not even beside the relay's", async () => {
  const hidden = await candidatesOf({ iceTransportPolicy: "relay" });
  expect(hidden).toContain("203.0.113.9");
  expect(hidden).not.toMatch(/192\.0\.2\.1|198\.51\.100\.7/);
  const open = await candidatesOf({});
  expect(open).toContain("192.0.2.1");
  expect(open).toContain("198.51.100.7");
});
