import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { equalBytes } from "../../crypto/bytes.ts";
import { fileOffering } from "../../files/offering.ts";
import { plainDestination, savedBytes } from "../../testing/plain-destination.ts";
import { SocketRelay } from "../../testing/socket-transport.ts";
import { TwoPeople } from "../../testing/two-people.ts";
import { REKEY_LIMITS } from "./records/rekey-limits.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const CONTENT = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 31) % 251);
const TEXTS = Array.from({ length: 20 }, (_, at) => `${at}`);

/** Nothing above the interface may need a PeerConnection. */
test("two talk, hand over a file, renew keys, lose the connection and part over a socket", async () => {
  const relay = new SocketRelay();
  const rekey = { ...REKEY_LIMITS, records: 16 };
  using people = await TwoPeople.connect({ openTransport: relay.open, rekey, showsTexts: true });
  const { maker, guest, network } = people;
  const both = [maker, guest];
  expect(network.connections).toEqual([]);

  maker.session.files.offer(fileOffering(new File([CONTENT], "a.bin")));
  await guest.becomes("in-1", "offered");
  guest.session.files.accept("in-1", plainDestination());
  for (const { session } of both) for (const text of TEXTS) session.sendText(text);
  for (const each of both) await each.until("the texts", () => each.texts.length === TEXTS.length);
  expect(both.map(({ texts }) => texts)).toEqual([TEXTS, TEXTS]);
  await maker.becomes("out-1", "delivered");
  const { received } = await guest.becomes("in-1", "delivered");
  expect(equalBytes(await savedBytes(received), CONTENT)).toBe(true);

  relay.cut();
  await people.reach("reconnecting");
  const late = both.map(({ session }) => session.sendText("meanwhile"));
  await people.reach("secure");
  for (const [at, each] of both.entries()) await each.delivers(late[at] ?? "out-0");
  expect(both.map(({ texts }) => texts)).toEqual([
    [...TEXTS, "meanwhile"],
    [...TEXTS, "meanwhile"],
  ]);
  expect(relay.opened).toBe(4);

  await maker.session.destroy();
  await guest.reaches("ended");
  expect(guest.state).toMatchObject({ reason: { type: "peer-destroyed" } });
  expect(network.connections).toEqual([]);
});
