import { element } from "./element.ts";

/** Few enough messages to lay out again for each new one, and enough that there are few chunks. */
const MESSAGES_PER_CHUNK = 50;

/**
 * Put a message at the end of the log. The browser lays out all siblings of a new element again, which for thousands
 * of messages takes longer than people pause. So messages stand in chunks, and only the last chunk grows.
 */
export function appendMessage(log: HTMLElement, view: HTMLElement): void {
  const last = log.lastElementChild;
  const hasSpace = last?.className === "log-chunk" && last.childElementCount < MESSAGES_PER_CHUNK;
  if (hasSpace) last.append(view);
  else log.append(element("div", { class: "log-chunk" }, view));
}
