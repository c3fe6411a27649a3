/** Put a copy of a page's `<template>` where `<main>` stands. What stood there is emptied first. */
export function showRoom(): void {
  replaceMain("room");
}

export function showEnded(): void {
  replaceMain("ended");
}

function replaceMain(name: "room" | "ended"): void {
  const template = document.querySelector<HTMLTemplateElement>(`template#${name}`);
  const main = document.querySelector("main");
  const next = template?.content.firstElementChild;
  if (!main || !next) throw new TypeError(`this page has no template ${name}`);
  empty(main);
  main.replaceWith(document.importNode(next, true));
}

/** In full, because a document that becomes a room's changes its own address, and with it where links lead. */
export function showIcon(name: "icon.svg" | "icon-new.svg", base: URL): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon) icon.href = new URL(name, base).href;
}

/** Everything that a person typed, chose or was shown goes, even where something still holds on to the nodes. */
export function empty(element: Element): void {
  for (const field of element.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    field.value = "";
  }
  for (const text of textsOf(element)) text.data = "";
  element.replaceChildren();
}

function textsOf(element: Element): Text[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) if (walker.currentNode instanceof Text) texts.push(walker.currentNode);
  return texts;
}
