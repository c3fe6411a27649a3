import { setMaxListeners } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { until } from "../../../testing/until.ts";
import type { Seat } from "../brand.ts";
import { anyMistake } from "../testing/any-mistake.ts";
import { FakeChannel } from "../testing/fake-channel.ts";
import { type ChannelsEvent, ClassicChannels } from "./classic-channels.ts";
import { makeLinkKey } from "./invite.ts";

setMaxListeners(0); // All ends of this test share one lifetime.

const forever = new AbortController().signal;

/** Both ends of a pair of channels; `onEvent` hears the second one's events. */
function bothEnds(onEvent: (event: ChannelsEvent) => void): [FakeChannel, FakeChannel] {
  const linkKey = makeLinkKey();
  const channels = FakeChannel.pair("nullroom");
  const end = (role: Seat, hear: (event: ChannelsEvent) => void) =>
    new ClassicChannels({ role, linkKey, signal: forever, onEvent: hear });
  end(0, () => undefined).add(channels[0]);
  end(1, onEvent).add(channels[1]);
  return channels;
}

test("whatever a listener throws, the channels fail as by a mistake", async () => {
  await fc.assert(
    fc.asyncProperty(anyMistake, async (mistake) => {
      let code: string | undefined;
      const [first, second] = bothEnds((event) => {
        if (event.type === "opened") throw mistake;
        if (event.type === "failed") ({ code } = event.error);
      });
      first.open();
      second.open();
      expect(await until("a failure", () => code)).toBe("E_INTERNAL");
      first.close();
    }),
  );
});

test("a channel that has closed before the answer is E_CHANNEL", async () => {
  let code: string | undefined;
  const [first, second] = bothEnds((event) => {
    if (event.type === "failed") ({ code } = event.error);
  });
  first.open();
  second.open();
  const send = second.send.bind(second);
  second.send = (data) => {
    second.readyState = "closed";
    send(data);
  };
  expect(await until("a failure", () => code)).toBe("E_CHANNEL");
});
