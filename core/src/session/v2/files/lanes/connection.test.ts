import { afterEach, expect, test } from "vitest";
import { randomBytes } from "../../../../crypto/bytes.ts";
import { FakeNetwork, fakeCertificate } from "../../../../testing/fake-network.ts";
import { fingerprintBytes } from "../../../../wire/sdp.ts";
import { LaneConnection } from "./connection.ts";

const [ofI, ofR] = [fakeCertificate(), fakeCertificate()];

let lifetime = new AbortController();
afterEach(() => {
  lifetime.abort();
  lifetime = new AbortController();
});

function link(
  network: FakeNetwork,
  [own, peer]: readonly [RTCCertificate, RTCCertificate],
  change: Partial<RTCConfiguration> = {},
): LaneConnection {
  return new LaneConnection({
    platform: network,
    configuration: { certificates: [own], ...change },
    fingerprints: { own: fingerprintOf(own), peer: fingerprintOf(peer) },
    signal: lifetime.signal,
    onLost: () => undefined,
    onFailure: () => expect.unreachable(),
  });
}

function fingerprintOf(certificate: RTCCertificate) {
  return fingerprintBytes(certificate.getFingerprints()[0]?.value ?? "");
}

test("one description each way is enough", async () => {
  const network = new FakeNetwork();
  const [i, r] = [link(network, [ofI, ofR]), link(network, [ofR, ofI])];
  const offer = await i.offer();
  expect(offer).toContain("a=candidate:");
  i.accept(await r.answer(offer));
  await Promise.all([i.up, r.up]);
});

test("with relay-only no other candidate leaves", async () => {
  expect(await link(new FakeNetwork(), [ofI, ofR], { iceTransportPolicy: "relay" }).offer()).not.toContain(
    "candidate:",
  );
});

test("another certificate than that of the session's own connection is refused", async () => {
  const network = new FakeNetwork();
  const stranger = fakeCertificate();
  const offer = await link(network, [stranger, ofR]).offer();
  expect(() => link(network, [ofR, ofI]).answer(offer)).toThrow("E_FP_MISMATCH");
  const i = link(network, [ofI, ofR]);
  const answer = await link(network, [stranger, ofI]).answer(await i.offer());
  expect(() => i.accept(answer)).toThrow("E_FP_MISMATCH");
});

test("a runtime that uses another certificate than the one that it is given makes no lane", async () => {
  const options = { own: randomBytes(32), peer: fingerprintOf(ofR) };
  const odd = new LaneConnection({
    platform: new FakeNetwork(),
    configuration: { certificates: [ofI] },
    fingerprints: options,
    signal: lifetime.signal,
    onLost: () => undefined,
    onFailure: () => expect.unreachable(),
  });
  await expect(odd.offer()).rejects.toMatchObject({ code: "E_CHANNEL" });
});

test("a description that the policy refuses is refused", () => {
  const offer = "v=0\r\na=candidate:1 1 udp 1 somewhere.example 9 typ host\r\n";
  expect(() => link(new FakeNetwork(), [ofR, ofI]).answer(offer)).toThrow("E_SDP_POLICY");
});
