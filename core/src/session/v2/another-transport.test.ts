import { setMaxListeners } from "node:events";
import { afterAll, expect, test } from "vitest";
import { until } from "../../../../testing/until.ts";
import { equalBytes } from "../../crypto/bytes.ts";
import { fileOffering } from "../../files/offering.ts";
import { FakeRooms } from "../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../testing/plain-destination.ts";
import { SocketRelay } from "../../testing/socket-transport.ts";
import type { Session, SessionEvent } from "../session.ts";
import { createRoom2, joinRoom2 } from "./create-join.ts";
import { REKEY_LIMITS } from "./records/rekey-limits.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

/** A whole session over a transport that is no PeerConnection: nothing above the interface may need one. */
const rooms = new FakeRooms();
const relay = new SocketRelay();
const lifetime = new AbortController();
afterAll(() => lifetime.abort());

type Person = { session: Session; events: SessionEvent[] };

function person(session: Session): Person {
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event), lifetime.signal);
  return { session, events };
}

const texts = ({ events }: Person) =>
  events.flatMap((event) => (event.type === "message" && event.from === "peer" ? [event.text] : []));

const delivered = ({ events }: Person) =>
  events.filter((event) => event.type === "delivery" && event.status === "delivered").length;

const transfers = ({ events }: Person) =>
  events.flatMap((event) => (event.type === "transfer" ? [event.transfer] : []));

/** Says that every text of the other side stands on the screen. */
function showAll({ session, events }: Person): void {
  for (const event of events) if (event.type === "message" && event.from === "peer") session.shown(event.id);
}

function reaches({ session }: Person, phase: Session["state"]["phase"]) {
  return until(phase, () => session.state.phase === phase);
}

const CONTENT = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 31) % 251);

test("two talk, hand over a file, renew keys, lose the connection and part over a socket", async () => {
  const begin = () => ({
    ...{ platform: rooms.platform(), hideAddress: false, signal: lifetime.signal },
    ...{ openTransport: relay.open, rekey: { ...REKEY_LIMITS, records: 16 } },
  });
  const maker = person(await createRoom2(begin()));
  const { roomId, fragment = "" } = maker.session;
  const guest = person(await joinRoom2({ ...begin(), roomId, fragment }));
  const both = [maker, guest];
  for (const each of both) await reaches(each, "secure");
  expect(rooms.network.connections).toEqual([]);

  maker.session.files.offer(fileOffering(new File([CONTENT], "a.bin")));
  await until("the offer", () => transfers(guest).length > 0);
  guest.session.files.accept("in-1", plainDestination());
  for (const each of both) for (let at = 0; at < 20; at++) each.session.sendText(`${at}`);
  const all = Array.from({ length: 20 }, (_, at) => `${at}`);
  for (const each of both) await until("the texts", () => texts(each).length === 20);
  expect(both.map(texts)).toEqual([all, all]);
  await until("the file", () => transfers(maker).at(-1)?.status === "delivered");
  expect(equalBytes(await savedBytes(transfers(guest).at(-1)?.received), CONTENT)).toBe(true);

  relay.cut();
  for (const each of both) await reaches(each, "reconnecting");
  for (const each of both) each.session.sendText("meanwhile");
  for (const each of both) await reaches(each, "secure");
  for (const each of both) await until("what waited", () => texts(each).length === 21);
  for (const each of both) showAll(each);
  for (const each of both) await until("all of them", () => delivered(each) === 21);
  expect(relay.opened).toBe(4);

  await maker.session.destroy();
  await reaches(guest, "ended");
  expect(guest.session.state).toMatchObject({ reason: { type: "peer-destroyed" } });
  expect(rooms.network.connections).toEqual([]);
});
