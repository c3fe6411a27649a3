import { setMaxListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { until } from "../../../testing/until.ts";
import { delay } from "../lifetime.ts";
import { anyMistake } from "../testing/any-mistake.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import { type PeopleOptions, TwoPeople } from "../testing/two-people.ts";
import { createRoom, joinRoom } from "./entry.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const forever = new AbortController().signal;

/** By way of the entry, which picks the protocol. */
const enter: PeopleOptions["enter"] = {
  create: (options) => createRoom({ ...options, protocol: "2" }),
  join: joinRoom,
};

/** What the first offer that is asked of a runtime throws; every later one is made. */
function throwingFirst(thrown: unknown): FakeNetwork["createPeerConnection"] {
  const network = new FakeNetwork();
  let isFirst = true;
  return (configuration) => {
    const pc = network.createPeerConnection(configuration);
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
}

describe("protocol 2", () => {
  test("whatever a listener throws, the session ends as by a mistake and not as by a lost network", async () => {
    await fc.assert(
      fc.asyncProperty(anyMistake, async (mistake) => {
        using people = await TwoPeople.connect({ enter });
        const { maker, guest } = people;
        const listener = (event: { type: string }) => {
          if (event.type === "message") throw mistake;
        };
        guest.session.subscribe(listener, forever);
        maker.session.sendText("hello");
        expect(await until("an end", () => guest.failure)).toBe("E_INTERNAL");
      }),
      { numRuns: 25 },
    );
  });

  test("a mistake ends an attempt at once, where a refusal of the runtime's would be repaired", async () => {
    const createPeerConnection = throwingFirst(new TypeError("planted"));
    using people = await TwoPeople.create({ enter, platform: { createPeerConnection } });
    await people.join();
    expect(await until("a failure", () => people.maker.failure)).toBe("E_INTERNAL");
  });
});
