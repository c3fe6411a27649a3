import { fileOffering } from "@nullroom/core/files/offering";
import { savedBytes } from "@nullroom/core/testing/plain-destination";
import { afterEach, describe, expect, test } from "vitest";
import { SmallRelay } from "../../services/small-relay.ts";
import { until } from "../../until.ts";
import { Person } from "../person.ts";
import { ClassicPeer } from "./peer.ts";

/** Our session against a classic peer that shares no line with it, in both roles. */
const opened: (SmallRelay | Person | ClassicPeer)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    if (each instanceof SmallRelay) await each[Symbol.asyncDispose]();
    else each[Symbol.dispose]();
  }
});

type Role = "initiator" | "responder";

async function meet(ours: Role): Promise<{ person: Person; peer: ClassicPeer; server: SmallRelay }> {
  const server = await SmallRelay.start();
  opened.push(server);
  const { person, peer } = await (ours === "initiator" ? weCreate(server.url) : theyCreate(server.url));
  await until("both to be secure", () => person.phase === "secure" && peer.isSecure);
  expect(peer.initiator).toBe(ours === "responder");
  return { person, peer, server };
}

async function weCreate(url: string) {
  const person = keep(await Person.create(url));
  await until("a seat", () => person.session.fileSizeLimit > 0);
  const peer = keep(await ClassicPeer.join(url, person.session.roomId, person.session.fragment ?? ""));
  return { person, peer };
}

async function theyCreate(url: string) {
  const peer = keep(await ClassicPeer.create(url));
  await until("a seat", () => peer.initiator);
  return { person: keep(await Person.joinLink(url, peer.link)), peer };
}

function keep<T extends Person | ClassicPeer>(each: T): T {
  opened.push(each);
  return each;
}

const content = Uint8Array.from({ length: 200_001 }, (_, i) => (i * 7) % 253);

describe.each(["initiator", "responder"] as const)("we are the %s", (role) => {
  test("texts both ways, and how bytes travel", async () => {
    const { person, peer } = await meet(role);
    person.session.sendText("grüße\n👋");
    peer.sendText("hello from elsewhere");
    await until("texts", () => peer.texts.length === 1 && person.texts.length === 1);
    expect(peer.texts).toEqual(["grüße\n👋"]);
    expect(person.texts).toEqual(["hello from elsewhere"]);
    await until("the path", () => peer.controls.length > 0);
    expect(peer.controls[0]).toEqual({ type: "connection_type", value: "direct" });
    expect(peer.complaints).toEqual([]);
  });

  test("a file of ours, and an empty one", async () => {
    const { person, peer } = await meet(role);
    person.session.files.offer(fileOffering(new File([content], "a.txt", { type: "text/plain" })));
    person.session.files.offer(fileOffering(new File([], "empty")));
    await until("both files", () => peer.files.length === 2);
    expect(peer.files[0]).toMatchObject({ name: "a.txt", size: content.length, type: "text/plain" });
    expect(peer.files[0]?.content.equals(content)).toBe(true);
    expect(peer.files[1]).toMatchObject({ name: "empty", size: 0 });
    expect([...peer.boundsHeardOn]).toEqual(["nullroom-files"]);
    expect(peer.complaints).toEqual([]);
  });

  test.each(["web", "terminal"] as const)(
    "a file of theirs, bounds as the %s client says them",
    async (convention) => {
      const { person, peer } = await meet(role);
      peer.sendFile("b.bin", content, convention);
      const { received, name } = await person.transferIs("delivered");
      expect(name).toBe("b.bin");
      expect(Buffer.from(await savedBytes(received)).equals(content)).toBe(true);
    },
  );

  test("unknown control messages are ignored", async () => {
    const { person, peer } = await meet(role);
    peer.sendText('\u0001{"type":"timer_sync","remaining":123}');
    peer.sendText("\u0001no json");
    peer.sendText("after");
    await until("a text", () => person.texts.length > 0);
    expect(person.texts).toEqual(["after"]);
  });
});

describe("what we refuse", () => {
  test("a file with a chunk missing fails, and is never shown as whole", async () => {
    const { person, peer } = await meet("initiator");
    peer.sendFile("holes.bin", content, "web", { lose: 1 });
    expect(await person.transferIs("failed")).toMatchObject({ name: "holes.bin", code: "E_FILE_SIZE" });
    peer.sendFile("whole.bin", content, "web");
    expect(await person.transferIs("delivered")).toMatchObject({ name: "whole.bin" });
    await until("word of it", () => peer.controls.some(({ type }) => type === "file_cancel"));
  });

  test("a file above the limit is declined, and the next one is whole", async () => {
    const { person, peer } = await meet("initiator");
    peer.sendRaw(
      JSON.stringify({
        type: "file-start",
        transferId: "x",
        name: "n",
        size: 2 ** 30,
        totalChunks: 2 ** 14,
        mimeType: "",
      }),
    );
    expect(await person.transferIs("declined")).toMatchObject({ code: "E_FILE_LIMIT" });
    peer.sendFile("whole.bin", content, "web");
    expect(await person.transferIs("delivered")).toMatchObject({ name: "whole.bin" });
  });

  test("a frame that does not open ends the room", async () => {
    const { person, peer } = await meet("responder");
    peer.sendRaw("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    await person.reaches("ended");
    expect(person.session.state).toMatchObject({ reason: { type: "failed", code: "E_RECORD_AUTH" } });
  });

  test("a second key upgrade ends the room", async () => {
    const { person, peer } = await meet("responder");
    peer.sendRaw(JSON.stringify({ type: "pq-pubkey", data: "AAAA" }));
    await person.reaches("ended");
    expect(person.session.state).toMatchObject({ reason: { type: "failed", code: "E_HS_KEM" } });
  });
});

test("their leaving is told as leaving, ours reaches them", async () => {
  const left = await meet("initiator");
  left.peer.leave();
  await left.person.reaches("ended");
  expect(left.person.session.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });

  const destroyed = await meet("responder");
  await destroyed.person.session.destroy();
  await until("word of it", () => destroyed.peer.peerLeft && destroyed.peer.isClosed);
});
