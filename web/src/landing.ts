import { findLack } from "./support.ts";

/**
 * The landing page before the first click: one button, no framework. The room's own code, and the texts of errors,
 * are fetched when they are needed.
 */
const base = new URL(document.documentElement.dataset.base ?? "./", location.href);
const create = document.querySelector<HTMLElement>("#create");
const button = document.querySelector<HTMLButtonElement>("#create-room");
const hide = document.querySelector<HTMLInputElement>("#hide-address");
const problem = document.querySelector<HTMLElement>("#create-problem");

const lack = findLack(globalThis);
if (lack !== undefined) void refuse();
button?.addEventListener("click", () => void begin(button));

async function begin(pressed: HTMLButtonElement): Promise<void> {
  pressed.disabled = true;
  problem?.setAttribute("hidden", "");
  try {
    const { create: createRoom } = await import("./room.ts");
    const refusal = await createRoom(base, { hideAddress: hide?.checked ?? false });
    if (refusal !== undefined) say(refusal.title, refusal.text);
  } catch {
    say("This page did not load whole", "Check your connection, then reload it.");
  }
  pressed.disabled = false;
}

/** A browser that cannot hold a room says so at once, before anybody asks it to. */
async function refuse(): Promise<void> {
  if (lack === undefined) return;
  const { lacks } = await import("./say/errors.ts");
  if (problem) create?.replaceChildren(problem);
  say(lacks[lack].title, lacks[lack].text);
}

function say(title: string, text: string): void {
  if (!problem) return;
  const heading = document.createElement("h2");
  heading.textContent = title;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  problem.replaceChildren(heading, paragraph);
  problem.removeAttribute("hidden");
}
