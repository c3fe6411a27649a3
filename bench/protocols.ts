import { formatFragment, makeLinkKey } from "../core/src/classic/invite.ts";
import type { Tab } from "../testing/browsers/tab.ts";
import type { TestServer } from "../testing/services/server.ts";
import { until } from "../testing/until.ts";

/** A protocol that a room can speak, and how the first person comes to wait in such a room. */
export type RoomProtocol = {
  name: string;
  /** @returns the link that the second opens */
  wait: (first: Tab, server: TestServer, hide: boolean) => Promise<string>;
};

export const CLASSIC: RoomProtocol = {
  name: "classic",
  /** Posts the room itself, since no page makes classic rooms any more. Whoever joins first is the initiator. */
  async wait(first, server, hide) {
    const response = await fetch(new URL("rooms", server.url), { method: "POST" });
    if (!response.ok) throw new Error(`POST /rooms: ${response.status}`);
    const { room_id: roomId } = (await response.json()) as { room_id: string };
    const link = `${server.url}rooms/${roomId}#${formatFragment(makeLinkKey())}`;
    await join(first, link, hide);
    await reaches(first, "waiting");
    return link;
  },
};

export const OURS: RoomProtocol = {
  name: "protocol 2",
  async wait(first, server, hide) {
    await first.goto(server.url);
    if (hide) await first.click("checkbox", "Hide my IP address");
    await first.click("button", "Create room");
    await reaches(first, "waiting");
    return first.evaluate(
      () => document.querySelector<HTMLInputElement>("#room-link")?.value ?? "",
      undefined,
    );
  },
};

/** Bring two tabs into one room and wait until both are secure. With `hide` only the relay is left as a path. */
export async function meet(
  protocol: RoomProtocol,
  [first, second]: readonly [Tab, Tab],
  server: TestServer,
  hide = false,
): Promise<void> {
  await join(second, await protocol.wait(first, server, hide), hide);
  await Promise.all([reaches(first, "secure"), reaches(second, "secure")]);
  for (const tab of [first, second]) await tab.evaluate(defineNaming, undefined);
}

/** tsx compiles calls of a function `__name` into functions, so that a page which is given one needs it too. */
function defineNaming(): void {
  Object.assign(window, {
    __name(named: unknown) {
      return named;
    },
  });
}

async function join(tab: Tab, link: string, hide: boolean): Promise<void> {
  await tab.goto(link);
  await reaches(tab, "invited");
  if (hide) await tab.click("checkbox", "Hide my IP address");
  await tab.click("button", "Join room");
}

export async function reaches(tab: Tab, state: string): Promise<void> {
  await until(
    `the state "${state}"`,
    () => tab.evaluate((wanted) => document.querySelector("main")?.dataset.sessionState === wanted, state),
    60_000,
  );
}
