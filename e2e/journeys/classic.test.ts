import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tab } from "../../testing/browsers/tab.ts";
import { ClassicPeer } from "../../testing/peers/classic-peer/peer.ts";
import { makeFragment } from "../../testing/peers/classic-peer/wire.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers } from "../browsers.ts";
import { makeFile, receives, sha256 } from "../files.ts";
import { destroy, expectClean, hears, isToldOfTheEnd, join, reaches, say, textOf } from "../people.ts";

/** The pages, through the real server, against a classic peer that shares no line with them. */

const browsers = new Browsers();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server.stop();
});

const ways = {
  /** Whoever sits down first is the initiator, so the maker of the room lets the page go first. */
  initiator: async (tab: Tab) => {
    const response = await fetch(new URL("rooms", server.url), { method: "POST" });
    const { room_id: roomId } = await response.json();
    const fragment = makeFragment(randomBytes(32));
    await join(tab, `${server.url}rooms/${roomId}#${fragment}`);
    await reaches(tab, "waiting");
    return ClassicPeer.join(server.url, roomId, fragment);
  },
  responder: async (tab: Tab) => {
    const peer = await ClassicPeer.create(server.url);
    await until("a seat", () => peer.initiator);
    await join(tab, peer.url);
    return peer;
  },
};

describe.each(["chromium", "firefox"] as const)("%s", (engine) => {
  test.each(["initiator", "responder"] as const)(
    "as %s: key upgrade, texts, files, the end",
    async (role) => {
      await using tab = await browsers.open(engine);
      using peer = await ways[role](tab);
      await reaches(tab, "secure");
      await until("the peer's key", () => peer.isSecure);
      expect(peer.initiator).toBe(role === "responder");
      expect(await textOf(tab, "main")).toContain("older protection");

      await say(tab, "from the page: grüße 👋");
      await until("the page's text", () => peer.texts.includes("from the page: grüße 👋"));
      peer.sendText("from elsewhere: <i>as it is</i>");
      await hears(tab, "from elsewhere: <i>as it is</i>");

      const content = Buffer.alloc(200_001, "content");
      for (const convention of ["web", "terminal"] as const) {
        peer.sendFile(`${convention}.bin`, content, convention);
        await receives(tab, `${convention}.bin`);
        const saved = await tab.save(`${convention}.bin`);
        expect(await sha256(saved)).toBe(await sha256(await makeFile(content, "expected.bin")));
      }
      await tab.choose("Choose file", [await makeFile(content, "ours.bin")]);
      await until("our file", () => peer.files.length === 1);
      expect(peer.files[0]).toMatchObject({ name: "ours.bin", size: content.length });
      expect(peer.files[0]?.content.equals(content)).toBe(true);
      expect([...peer.boundsHeardOn]).toEqual(["nullroom-files"]);
      expect(peer.complaints).toEqual([]);

      if (role === "responder") {
        peer.leave();
        await isToldOfTheEnd(tab);
      } else {
        await destroy(tab);
        await until("the peer to be told", () => peer.peerLeft);
      }
      await expectClean(tab, server);
    },
  );
});

test("a third classic client is rejected", async () => {
  await using tab = await browsers.open("chromium");
  using first = await ways.initiator(tab);
  await reaches(tab, "secure");
  using third = await ClassicPeer.join(server.url, first.link.roomId, first.link.fragment);
  await until("the rejection", () => third.isRejected);
  await say(tab, "undisturbed");
  await until("the text", () => first.texts.includes("undisturbed"));
});
