import type { FileSet } from "@nullroom/core/files/file-set";
import { runsCode } from "@nullroom/core/files/runs-code";
import type { Transfer } from "@nullroom/core/session";
import type { OfferInspection } from "../files/save/offer-inspector.ts";
import { fileCount, files, more, movingLine, readyingLine, transferLine, where } from "../say/files.ts";
import { speakers } from "../say/session.ts";
import { element } from "./element.ts";

/** What the page knows about a file besides its transfer. */
export type FileSituation = {
  /** The inspection of an incoming offer. Until there is one, the offer cannot be accepted. */
  inspection: OfferInspection | undefined;
  /** No byte of the file has moved for some seconds, although it is not paused. */
  isStalled: boolean;
  /** The file is being opened for the browser to save. */
  isReadying: boolean;
  /** The room's protocol has pauses. */
  canPause: boolean;
};

/** Of a set so many names are shown; the rest is counted. */
const NAMES_SHOWN = 200;
const PICTURES = ["image/png", "image/jpeg", "image/webp"];

/** The card of a file in the conversation, whatever its status. */
export function fileView(transfer: Transfer): HTMLElement {
  const { id, direction, name, set } = transfer;
  const from = direction === "out" ? "me" : "peer";
  return element(
    "div",
    { class: "message file", "data-id": id, "data-from": from },
    element("span", { class: "sr-only" }, `${speakers[from]}: `),
    element("p", { class: "file-name", id: `name-${id}` }, element("bdi", {}, name)),
    ...(set ? [namesView(set, direction)] : []),
    element("p", { class: "file-line" }),
    element("p", { class: "file-warning", hidden: "" }),
    element("p", { class: "file-where", hidden: "" }),
    // Progress is read out when somebody asks for it, not each time that it changes.
    element("div", { class: "file-way", "aria-live": "off", hidden: "" }, ...progressViews(transfer)),
    element("div", { class: "file-actions" }),
  );
}

function progressViews({ id, name }: Transfer): HTMLElement[] {
  const attributes = {
    class: "file-progress",
    max: "1",
    "aria-label": name,
    "aria-describedby": `way-${id}`,
  };
  return [element("progress", attributes), element("p", { class: "file-line", id: `way-${id}` })];
}

/** Of an incoming set the files that can run code come first, so that none of them is among those only counted. */
function namesView({ entries }: FileSet, direction: Transfer["direction"]): HTMLElement {
  const paths = entries.map(({ path }) => path);
  const running = new Set(direction === "in" ? paths.filter(runsCode) : []);
  const ordered = [...running, ...paths.filter((path) => !running.has(path))];
  const shown = ordered.slice(0, NAMES_SHOWN).map((path) => {
    const mark = running.has(path) ? [` ${files.canRun}`] : [];
    return element("li", {}, element("bdi", {}, path), ...mark);
  });
  const rest = paths.length - shown.length;
  if (rest > 0) shown.push(element("li", {}, more(rest)));
  const summary = element("summary", {}, fileCount(paths.length));
  return element("details", { class: "file-set" }, summary, element("ul", { tabindex: "0" }, ...shown));
}

/** Bring the card up to date. Progress comes often, so only what differs is written. */
export function updateFile(view: HTMLElement, transfer: Transfer, situation: FileSituation): void {
  const { size, moved, status, direction } = transfer;
  const isUnderWay = status === "moving" || status === "paused";
  const asks = direction === "in" && status === "offered" ? situation.inspection : undefined;
  write(view, ":scope > .file-line", situation.isReadying ? readyingLine(transfer) : transferLine(transfer));
  write(view, ".file-where", asks ? where(asks.choice, transfer.set !== undefined) : "");
  const warns = direction === "in" && situation.inspection?.runs === true && status !== "declined";
  write(view, ".file-warning", warns ? (transfer.set ? files.someRun : files.runs) : "");
  show(view, ".file-way", isUnderWay);
  if (isUnderWay) write(view, ".file-way > .file-line", movingLine(transfer, situation.isStalled));
  const progress = view.querySelector("progress");
  if (progress) progress.value = size === 0 ? 1 : moved / size;
  view.dataset.status = status;
  showActions(view, actions(transfer, situation), savedAs(transfer));
}

/** A set that the page keeps is saved as one archive, which has a name of its own. */
function savedAs({ name, received }: Transfer): string {
  return received?.type === "kept" ? received.file.name : name;
}

function write(view: HTMLElement, selector: string, text: string): void {
  const found = view.querySelector<HTMLElement>(selector);
  if (!found || found.textContent === text) return;
  found.textContent = text;
  found.hidden = text === "";
}

function show(view: HTMLElement, selector: string, isShown: boolean): void {
  const found = view.querySelector<HTMLElement>(selector);
  if (found && found.hidden === isShown) found.hidden = !isShown;
}

export type FileAction = "accept" | "decline" | "cancel" | "pause" | "resume" | "save" | "picture";

function actions(
  { status, direction, received, pausedBy, type }: Transfer,
  { inspection, canPause }: FileSituation,
): FileAction[] {
  switch (status) {
    case "offered":
      if (direction === "out") return ["cancel"];
      return inspection?.choice.type === "take" ? ["accept", "decline"] : ["decline"];
    case "queued":
      return ["cancel"];
    case "moving":
      return canPause ? ["pause", "cancel"] : ["cancel"];
    case "paused":
      return pausedBy === "connection" ? ["cancel"] : ["resume", "cancel"];
    case "delivered":
      if (received?.type !== "kept") return [];
      return PICTURES.includes(type) ? ["save", "picture"] : ["save"];
    case "sent":
    case "declined":
    case "cancelled":
    case "failed":
      return [];
    default:
      return status satisfies never;
  }
}

/** A button that stays is the same element as before, because it may have the focus. */
function showActions(view: HTMLElement, wanted: readonly FileAction[], saved: string): void {
  const row = view.querySelector<HTMLElement>(".file-actions");
  if (!row || row.dataset.shown === wanted.join()) return;
  const before = new Map([...row.children].map((child) => [child.getAttribute("data-choice"), child]));
  const hadFocus = row.contains(document.activeElement);
  row.dataset.shown = wanted.join();
  row.replaceChildren(...wanted.map((action) => before.get(action) ?? button(view, action, saved)));
  // When the pressed button is gone, the focus moves to the first one left instead of the top of the page.
  if (hadFocus && !row.contains(document.activeElement)) row.querySelector("button")?.focus();
}

const LABELS: Record<Exclude<FileAction, "save">, string> = {
  accept: files.accept,
  decline: files.decline,
  cancel: files.cancel,
  pause: files.pause,
  resume: files.resume,
  picture: files.showPicture,
};

function button(view: HTMLElement, action: FileAction, saved: string): HTMLElement {
  const { id = "" } = view.dataset;
  const isMain = action === "accept" || action === "save";
  const attributes = {
    type: "button",
    class: isMain ? "button button-main button-small" : "button button-small",
    "data-action": "files#act",
    "data-choice": action,
    "data-files-choice-param": action,
    "data-files-id-param": id,
    "aria-describedby": `name-${id}`,
  };
  return element(
    "button",
    attributes,
    element("bdi", {}, action === "save" ? `${files.save} ${saved}` : LABELS[action]),
  );
}
