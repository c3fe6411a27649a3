import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import type { Bytes } from "../../../brand.ts";
import { randomBytes } from "../../../crypto/bytes.ts";
import { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import { cheapSource } from "../../../testing/cheap-source.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import { FileEngineClient } from "../engine/client.ts";
import { PeerConnectionTransport } from "./peer-connection-transport.ts";
import { Resumption } from "./resumption.ts";
import type { OpenTransport } from "./transport.ts";

setMaxListeners(0); // All that a connection owns listens to one signal, and ends with it.

const room = randomBytes(16);

/** A side that may resume, and what it says and reports. */
function side(role: Role, resume: Bytes) {
  const keyring = new Keyring({ rk: randomBytes(32), resume: resume.slice() });
  const said: Bytes[] = [];
  const events: string[] = [];
  const hello = () => ({ features: 0, maxFile: 0, ttlSeconds: 600 });
  const platform = new FakeRooms().platform();
  const say = (blob: Bytes) => void said.push(blob);
  const engine = new FileEngineClient(platform);
  const openTransport: OpenTransport = (options) =>
    PeerConnectionTransport.open({ ...options, platform, configuration: () => ({}) });
  const connection = { openTransport, engine, role, room, hello, say };
  const onEvent = ({ type }: { type: string }) => void events.push(type);
  const resumption = new Resumption({
    keyring,
    source: cheapSource((secret) => secret),
    connection,
    onEvent,
  });
  return { keyring, said, events, resumption };
}

/** The initiator's handshake as far as HS4, which waits to be heard. */
async function handshakeUpToHs4() {
  const resume = randomBytes(32);
  const [i, r] = [side(0, resume), side(1, resume)];
  await i.resumption.begin();
  for (let turn = 0; turn < 2; turn++) {
    await r.resumption.hearHandshake(i.said.shift() ?? NONE);
    await until("an answer", () => r.said.length > 0);
    if (turn === 0) await i.resumption.hearHandshake(r.said.shift() ?? NONE);
  }
  return { i, r, hs4: r.said.shift() ?? NONE };
}

const NONE = new Uint8Array();

test("HS5 is said after the old connection was closed", async () => {
  const { i, r, hs4 } = await handshakeUpToHs4();
  await i.resumption.hearHandshake(hs4);
  expect(i.events).toEqual(["answered", "agreed"]);
  await r.resumption.hearHandshake(i.said.shift() ?? NONE);
  expect(r.events).toEqual(["answered", "agreed"]);
  expect([i.keyring.resumes.length, r.keyring.resumes.length]).toEqual([1, 2]);
  for (const { resumption } of [i, r]) resumption.close();
});

test("a handshake whose secret a re-key has replaced meanwhile is not confirmed, and the next has the new one", async () => {
  const { i, r, hs4 } = await handshakeUpToHs4();
  const next = { rk: randomBytes(32), resume: randomBytes(32) };
  r.keyring.renew({ rk: next.rk.slice(), resume: next.resume.slice() });
  i.keyring.renew(next);
  i.keyring.keepNewest();
  await i.resumption.hearHandshake(hs4);
  expect(i.said).toEqual([]);
  expect(i.events).toEqual(["answered", "failed"]);
  await i.resumption.begin();
  await r.resumption.hearHandshake(i.said.shift() ?? NONE);
  expect(r.said).toHaveLength(1);
  for (const { resumption } of [i, r]) resumption.close();
});
