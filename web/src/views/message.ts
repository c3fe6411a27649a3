import type { DeliveryStatus, SessionEvent } from "@nullroom/core/session";
import { deliveries, rooms, speakers } from "../say/session.ts";
import { element } from "./element.ts";
import { partsOf, type TextPart } from "./text.ts";

type Message = Extract<SessionEvent, { type: "message" }>;

/** One message. It is shown as text, and nothing in it is ever read as markup. */
export function messageView({ id, from, text, cleaned }: Message): HTMLElement {
  const parts = partsOf(text);
  const view = element(
    "div",
    { class: "message", "data-id": id, "data-from": from, "data-controller": "copy" },
    element("span", { class: "sr-only" }, `${speakers[from]}: `),
    element(
      "div",
      { class: "message-text", dir: "auto", "data-copy-target": "source" },
      ...parts.map(partView),
    ),
  );
  if (cleaned) view.append(element("p", { class: "message-note" }, rooms.cleaned));
  if (from === "me") view.append(element("p", { class: "message-line", "data-delivery-line": "" }));
  else if (!parts.some(({ kind }) => kind === "code")) view.append(copyLine());
  return view;
}

export function markDelivery(view: HTMLElement, status: DeliveryStatus): void {
  view.dataset.delivery = status;
  const line = view.querySelector("[data-delivery-line]");
  if (line) line.textContent = deliveries[status];
}

function partView({ kind, text }: TextPart): HTMLElement {
  switch (kind) {
    case "text":
      return element("bdi", {}, text);
    case "link":
      return element(
        "a",
        { href: text, rel: "noreferrer noopener", target: "_blank" },
        element("bdi", {}, text),
      );
    case "code":
      return codeView(text);
  }
}

function codeView(code: string): HTMLElement {
  return element(
    "div",
    { class: "code", "data-controller": "copy" },
    element("pre", { tabindex: "0", dir: "ltr" }, element("code", { "data-copy-target": "source" }, code)),
    copyButton(),
    said(),
  );
}

/** A whole message, such as a password, is copied with one tap. Code blocks have a button of their own. */
function copyLine(): HTMLElement {
  return element("p", { class: "message-line" }, copyButton(), said());
}

function copyButton(): HTMLElement {
  return element("button", { type: "button", class: "quiet-button", "data-action": "copy#source" }, "Copy");
}

function said(): HTMLElement {
  return element("span", { class: "copied", "aria-live": "polite", "data-copy-target": "said" });
}
