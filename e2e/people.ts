import { expect } from "vitest";
import type { Tab } from "../testing/browsers/tab.ts";
import { until } from "../testing/until.ts";

/** What people do, in the words of the pages: every journey is made of these. */

/** Where the pages are: a server of this machine, or of a lab. */
export type Site = { readonly url: string; readonly origin: string };

export type State = "invited" | "waiting" | "connecting" | "secure" | "reconnecting" | "ended";

export function state(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => document.querySelector("main")?.dataset.sessionState, undefined);
}

export async function reaches(tab: Tab, wanted: State, ms = 30_000): Promise<void> {
  let last: string | undefined;
  await until(
    `the state "${wanted}"`,
    async () => {
      last = await state(tab);
      return last === wanted;
    },
    ms,
  ).catch(async (error) => {
    const seen = await textOf(tab, "main").catch(() => "nothing");
    throw new Error(
      `${error.message}; it was "${last}" and showed:\n${seen}\n${tab.record.complaints.join("\n")}`,
    );
  });
}

type Wishes = { hideAddress?: boolean };

/** @returns the link that the person would send */
export async function createRoom(
  tab: Tab,
  server: Site,
  { hideAddress = false }: Wishes = {},
): Promise<string> {
  await tab.goto(server.url);
  if (hideAddress) await tab.click("checkbox", "Hide my IP address");
  await tab.click("button", "Create room");
  await reaches(tab, "waiting");
  return until("the link", () =>
    tab.evaluate(() => document.querySelector<HTMLInputElement>("#room-link")?.value || undefined, undefined),
  );
}

export async function openLink(tab: Tab, link: string): Promise<void> {
  await tab.goto(link);
  await reaches(tab, "invited");
}

export async function join(tab: Tab, link: string, { hideAddress = false }: Wishes = {}): Promise<void> {
  await openLink(tab, link);
  if (hideAddress) await tab.click("checkbox", "Hide my IP address");
  await tab.click("button", "Join room");
}

/** Two people in a room, connected. */
export async function meet(a: Tab, b: Tab, server: Site): Promise<string> {
  const link = await createRoom(a, server);
  await join(b, link);
  await Promise.all([reaches(a, "secure"), reaches(b, "secure")]);
  return link;
}

export async function say(tab: Tab, text: string): Promise<void> {
  await tab.fill("Message", text);
  await tab.click("button", "Send");
}

export async function hears(tab: Tab, text: string, ms?: number): Promise<void> {
  await until(`“${text}” on the screen`, async () => (await textOf(tab, "[role=log]")).includes(text), ms);
}

/** Both can be heard by the other. */
export async function talk(a: Tab, b: Tab, about: string): Promise<void> {
  await say(a, `${about}, from a`);
  await hears(b, `${about}, from a`);
  await say(b, `${about}, from b`);
  await hears(a, `${about}, from b`);
}

/** The text that a person sees there: what is hidden does not count. */
export function textOf(tab: Tab, selector: string): Promise<string> {
  return tab.evaluate(
    (where) => [...document.querySelectorAll<HTMLElement>(where)].map((found) => found.innerText).join("\n"),
    selector,
  );
}

export async function destroy(tab: Tab): Promise<void> {
  await tab.click("button", "Destroy room");
  await tab.click("button", "Destroy room", "dialog");
  await until("the page after the end", async () => new URL(await tab.address()).pathname.endsWith("/gone"));
}

/** The other side, or the clock, has ended it. */
export async function isToldOfTheEnd(tab: Tab, ms?: number): Promise<void> {
  await reaches(tab, "ended", ms);
  await until("the dialog", () =>
    tab.evaluate(() => document.querySelector('[role="alertdialog"]')?.checkVisibility(), undefined),
  );
  expect(await textOf(tab, '[role="alertdialog"]')).toContain("Room ended");
}

/** A tab that did what it should has nothing to complain of, talked to our server only and stored nothing. */
export async function expectClean(tab: Tab, server: Site): Promise<void> {
  expect(tab.record.complaints).toEqual([]);
  const own = [server.origin, server.origin.replace("http", "ws"), "blob:", "data:"];
  expect(tab.record.requests.filter((url) => !own.some((prefix) => url.startsWith(prefix)))).toEqual([]);
  expect(await stored(tab)).toEqual({ cookie: "", local: 0, session: 0, databases: 0, caches: 0, files: 0 });
}

function stored(tab: Tab) {
  return tab.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    let files = 0;
    for await (const _name of folder.keys()) files += 1;
    return {
      cookie: document.cookie,
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      files,
    };
  }, undefined);
}

/** Where any of `words` is still to be found in the page: text, attributes, fields, title, address. */
export function traces(tab: Tab, words: readonly string[]): Promise<string[]> {
  return tab.evaluate((wanted) => {
    const fields = [...document.querySelectorAll<HTMLInputElement>("input, textarea")].map(
      ({ value }) => value,
    );
    const everything = [document.documentElement.outerHTML, document.title, location.href, ...fields].join(
      "\n",
    );
    return wanted.filter((word) => everything.includes(word));
  }, words);
}
