import { setMaxListeners } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../../testing/until.ts";
import { delay } from "../lifetime.ts";
import { anyMistake } from "../testing/any-mistake.ts";
import { FakeRooms } from "../testing/fake-rooms.ts";
import { createRoom, joinRoom, type Session } from "./entry.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

const forever = new AbortController().signal;

async function twoPeople(rooms: FakeRooms): Promise<[Session, Session]> {
  const common = { platform: rooms.platform(), hideAddress: false };
  const a = await createRoom({ ...common, protocol: "2" });
  const b = await joinRoom({ ...common, roomId: a.roomId, fragment: a.fragment ?? "" });
  opened.push(a, b);
  return [a, b];
}

function failureOf({ state }: Session): string | undefined {
  if (state.phase === "connecting") return state.failed?.code;
  return state.phase === "ended" && state.reason.type === "failed" ? state.reason.code : undefined;
}

/** Two people, the first of whom gets this answer to the first offer that is asked of the runtime. */
async function twoWithoutOffer(thrown: unknown): Promise<[Session, Session]> {
  const rooms = new FakeRooms();
  let isFirst = true;
  rooms.createPeerConnection = (configuration) => {
    const pc = rooms.network.createPeerConnection(configuration);
    const createOffer = pc.createOffer.bind(pc);
    pc.createOffer = async () => {
      const isRefused = isFirst;
      isFirst = false;
      await delay(1, forever); // Never at once, as no runtime does.
      if (isRefused) throw thrown;
      return createOffer();
    };
    return pc;
  };
  return twoPeople(rooms);
}

describe("protocol 2", () => {
  test("whatever a listener throws, the session ends as by a mistake and not as by a lost network", async () => {
    await fc.assert(
      fc.asyncProperty(anyMistake, async (mistake) => {
        const [a, b] = await twoPeople(new FakeRooms());
        await until("both are secure", () => [a, b].every(({ state }) => state.phase === "secure"));
        const listener = (event: { type: string }) => {
          if (event.type === "message") throw mistake;
        };
        b.subscribe(listener, forever);
        a.sendText("hello");
        expect(await until("an end", () => failureOf(b))).toBe("E_INTERNAL");
        a.wipe({ type: "page-gone" });
      }),
      { numRuns: 25 },
    );
  });

  test("a mistake ends an attempt at once, where a refusal of the runtime's would be repaired", async () => {
    const [a] = await twoWithoutOffer(new TypeError("planted"));
    expect(await until("a failure", () => failureOf(a))).toBe("E_INTERNAL");
  });
});
