import { setTimeout as wait } from "node:timers/promises";
import { ChromiumTab } from "../../browsers/chromium.ts";
import type { Host } from "../../network/netns/host.ts";
import { closeNewestPeerConnection } from "./peer-connections.ts";
import type { LabTab, RoomLab } from "./room-lab.ts";

/** Where an interruption happens: in a lab, on one of the two machines, to all tabs that are open there. */
export type Scene = { lab: RoomLab; host: Host; tabs: readonly LabTab[] };

export type Interruption = {
  name: string;
  /** About how long it lasts. */
  seconds: number;
  /** How the conversation must come out. With "either", both sides must come to the same. */
  outcome: "goes on" | "is lost" | "either";
  /** Runs before the two connect. */
  prepare?: (lab: RoomLab) => Promise<void>;
  happen: (scene: Scene) => Promise<void>;
  /** Whether Firefox's driver cannot do it. */
  chromiumOnly?: boolean;
};

export function cablePulled(seconds: number, outcome: Interruption["outcome"]): Interruption {
  return {
    name: `a cable pulled for ${seconds} s`,
    ...{ seconds, outcome },
    happen: async ({ host }) => {
      await host.pullCable();
      await wait(seconds * 1_000);
      await host.putCableBack();
    },
  };
}

export const addressChanged: Interruption = {
  name: "another address",
  ...{ seconds: 1, outcome: "goes on" },
  happen: ({ host }) => host.changeAddress(),
};

/** Closes the peer connection itself, which no ICE restart can mend: the quickest way to a resumption. */
export const connectionClosed: Interruption = {
  name: "a connection that dies at once",
  ...{ seconds: 1, outcome: "goes on" },
  happen: async ({ tabs }) => {
    for (const tab of tabs) await closeNewestPeerConnection(tab);
  },
};

export const relayRestarted: Interruption = {
  name: "a relay that dies and returns after 10 s",
  ...{ seconds: 10, outcome: "goes on" },
  prepare: (lab) => lab.separate(),
  happen: async ({ lab }) => {
    await lab.relay.kill();
    await wait(10_000);
    await lab.relay.restart();
  },
};

export const serverRestarted: Interruption = {
  name: "a server killed and started again after 10 s",
  ...{ seconds: 10, outcome: "goes on" },
  happen: async ({ lab }) => {
    await lab.server.kill();
    await wait(10_000);
    await lab.server.restart();
  },
};

export const serverAndCable: Interruption = {
  name: "a server killed while a cable is pulled for 30 s",
  ...{ seconds: 30, outcome: "either" },
  happen: async ({ lab, host }) => {
    await host.pullCable();
    await lab.server.kill();
    await wait(30_000);
    await host.putCableBack();
    await lab.server.restart();
  },
};

/** Freezes a tab as Chromium does after a while in the background: its tasks stand still, its network does not. */
export const tabFrozen: Interruption = {
  name: "a tab frozen for 20 s",
  ...{ seconds: 20, outcome: "goes on", chromiumOnly: true },
  happen: async ({ tabs }) => {
    const sessions = await Promise.all(tabs.map(({ page }) => debuggerOf(page)));
    for (const session of sessions) await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await wait(20_000);
    for (const session of sessions) await session.send("Page.setWebLifecycleState", { state: "active" });
  },
};

/** Stops a page's whole process, as a sleeping phone or a closed laptop does. */
export function stoppedFor(seconds: number, outcome: Interruption["outcome"]): Interruption {
  return {
    name: `a browser stopped for ${seconds} s`,
    ...{ seconds, outcome, chromiumOnly: true },
    happen: async ({ tabs }) => {
      const pids = (await Promise.all(tabs.map(renderersOf))).flat();
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      await wait(seconds * 1_000);
      for (const pid of pids) process.kill(pid, "SIGCONT");
    },
  };
}

type Debugged = Extract<LabTab, ChromiumTab>["page"];

function debuggerOf(page: LabTab["page"]) {
  return (page as Debugged).context().newCDPSession(page as Debugged);
}

async function renderersOf(tab: LabTab): Promise<number[]> {
  if (!(tab instanceof ChromiumTab)) return [];
  const browser = tab.page.context().browser();
  if (browser === null) throw new Error("a tab without a browser");
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}
