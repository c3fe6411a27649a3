import { NullroomError } from "@nullroom/core/errors";
import { describe, expect, test } from "vitest";
import { noIceServers } from "./none.ts";
import { type IceProvider, withoutRelayOnFailure } from "./provider.ts";
import { staticList } from "./static-list.ts";

describe("a provider that fails", () => {
  const failing: IceProvider = {
    relays: true,
    iceServers: () => Promise.reject(new NullroomError("E_SERVER", "out of reach")),
  };

  test("leaves a room without a relay, and a count", async () => {
    let failures = 0;
    const provider = withoutRelayOnFailure(failing, () => failures++);
    expect(await provider.iceServers(1_000)).toEqual([]);
    expect(await provider.iceServers(1_000)).toEqual([]);
    expect(failures).toBe(2);
    expect(provider.relays).toBe(true);
  });

  test("one that works is left alone", async () => {
    const provider = withoutRelayOnFailure(noIceServers, () => expect.unreachable());
    expect(await provider.iceServers(1_000)).toEqual([]);
    expect(provider.relays).toBe(false);
  });
});

describe("a static list", () => {
  test("is handed out as it is written", async () => {
    const stun = { urls: ["stun:stun.example.org"] };
    const turn = { urls: ["turn:turn.example.org"], username: "u", credential: "c" };
    expect(await staticList(JSON.stringify([stun, turn])).iceServers(1_000)).toEqual([stun, turn]);
    expect(staticList(JSON.stringify([stun, turn])).relays).toBe(true);
    expect(staticList(JSON.stringify([stun])).relays).toBe(false);
  });

  test("takes one url that is no list", async () => {
    const list = staticList('[{"urls":"stun:stun.example.org"}]');
    expect(await list.iceServers(1_000)).toEqual([{ urls: ["stun:stun.example.org"] }]);
  });

  test.each([
    "",
    "{}",
    "[1]",
    "[{}]",
    '[{"urls":[]}]',
    '[{"url":"stun:stun.example.org"}]',
    '[{"urls":"http://example.org"}]',
    '[{"urls":"turn:turn.example.org"}]',
    '[{"urls":"turns:turn.example.org","username":"u"}]',
  ])("refuses %s", (json) => {
    expect(() => staticList(json)).toThrow(expect.objectContaining({ code: "E_MALFORMED" }));
  });
});
