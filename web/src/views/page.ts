export function showRoom(): void {
  replaceMain("room");
}

export function showEnded(): void {
  replaceMain("ended");
}

/** Put a copy of the page's `<template>` in the place of `<main>`, which is emptied first. */
function replaceMain(name: "room" | "ended"): void {
  const template = document.querySelector<HTMLTemplateElement>(`template#${name}`);
  const main = document.querySelector("main");
  const next = template?.content.firstElementChild;
  if (!main || !next) throw new TypeError(`this page has no template ${name}`);
  empty(main);
  main.replaceWith(document.importNode(next, true));
}

/** The icon's address is absolute, because a document that becomes a room changes its own address. */
export function showIcon(name: "icon.svg" | "icon-new.svg", base: URL): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon) icon.href = new URL(name, base).href;
}

/** Remove everything that a person typed, chose or was shown, even from nodes that something still refers to. */
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
