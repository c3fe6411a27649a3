import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumOn, firefoxOn } from "../../testing/network/netns/browsers.ts";
import type { Host } from "../../testing/network/netns/host.ts";
import { Lab } from "../../testing/network/netns/lab.ts";
import { until } from "../../testing/until.ts";

const pageServer = fileURLToPath(new URL("../../testing/network/netns/page-server.mjs", import.meta.url));

let lab: Lab;
let ann: Host;
let ben: Host;
let web: Host;

beforeAll(async () => {
  lab = await Lab.create();
  [ann, ben, web] = [await lab.addHost("ann"), await lab.addHost("ben"), await lab.addHost("web")];
  await web.start(process.execPath, [pageServer]).said(/listening/);
});

afterAll(() => lab[Symbol.asyncDispose]());

/** Before anything is proven with pulled cables: that a browser behind one is really cut off, and comes back. */
describe("browsers on machines of their own", () => {
  test("two browsers on two machines talk over WebRTC, until a cable is pulled", async () => {
    const origin = `http://${web.address}:8080`;
    await using annBrowser = await chromiumOn(ann, { trusted: [origin] });
    await using benBrowser = await chromiumOn(ben, { trusted: [origin] });
    const [annPage, benPage] = await Promise.all([annBrowser.newPage(), benBrowser.newPage()]);
    await Promise.all([annPage.goto(origin), benPage.goto(origin)]);
    expect(await annPage.evaluate(() => isSecureContext)).toBe(true);
    await introduce(annPage, benPage);

    const received = () => benPage.evaluate(() => (globalThis as unknown as Talker).received);
    const say = (text: string) =>
      annPage.evaluate((said) => (globalThis as unknown as Talker).channel.send(said), text);
    await say("one");
    await until("the first word", async () => (await received()).includes("one"));

    await ben.pullCable();
    await say("two");
    await until("ann to notice", () =>
      annPage.evaluate(() => (globalThis as unknown as Talker).peer.connectionState === "disconnected"),
    );
    expect(await received()).toEqual(["one"]);

    await ben.putCableBack();
    await until("the second word", async () => (await received()).includes("two"));
  }, 60_000);

  test("Firefox on a machine of the lab is driven from outside, cable or not", async () => {
    const origin = `http://${web.address}:8080`;
    await using firefox = await firefoxOn(ann, { trusted: [origin] });
    const page = await firefox.browser.newPage();
    await page.goto(origin);
    expect(await page.evaluate(() => [document.title, isSecureContext])).toEqual(["lab", true]);
    const answered = () =>
      page.evaluate(() =>
        fetch("/hello", { signal: AbortSignal.timeout(2_000) }).then(
          (response) => response.ok,
          () => false,
        ),
      );
    expect(await answered()).toBe(true);
    await ann.pullCable();
    expect(await answered()).toBe(false);
    await ann.putCableBack();
    await until("the cable to carry again", answered);
  }, 60_000);
});

type Talker = { peer: RTCPeerConnection; channel: RTCDataChannel; received: string[] };

/** Offer and answer carried by hand, gathered whole: the instrument under test is the network, not the signaling. */
async function introduce(caller: Page, callee: Page): Promise<void> {
  for (const page of [caller, callee]) {
    await page.evaluate(() => {
      const talker = globalThis as unknown as Talker;
      talker.peer = new RTCPeerConnection();
      talker.channel = talker.peer.createDataChannel("", { negotiated: true, id: 0 });
      talker.received = [];
      talker.channel.onmessage = ({ data }) => talker.received.push(data);
    });
  }
  const offer = await describePeer(caller, undefined);
  const answer = await describePeer(callee, offer);
  await caller.evaluate(async (sdp) => {
    await (globalThis as unknown as Talker).peer.setRemoteDescription({ type: "answer", sdp });
  }, answer);
  await until("the channel to open", () =>
    caller.evaluate(() => (globalThis as unknown as Talker).channel.readyState === "open"),
  );
}

function describePeer(page: Page, offer: string | undefined): Promise<string> {
  return page.evaluate(async (sdp) => {
    const { peer } = globalThis as unknown as Talker;
    if (sdp !== undefined) await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription();
    await new Promise<void>((resolve) => {
      if (peer.iceGatheringState === "complete") resolve();
      peer.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve();
      };
    });
    return peer.localDescription?.sdp ?? "";
  }, offer);
}
