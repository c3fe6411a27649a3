import { element } from "./element.ts";

/** Few enough to be laid out anew for each message, and so many that there are few chunks. */
const MESSAGES_PER_CHUNK = 50;

/**
 * Put a message at the end of the log. Every new message has its siblings laid out anew, which for thousands of them takes
 * longer than people pause: so messages stand in chunks, and only the last chunk grows.
 */
export function appendMessage(log: HTMLElement, view: HTMLElement): void {
  const last = log.lastElementChild;
  const hasRoom = last?.className === "log-chunk" && last.childElementCount < MESSAGES_PER_CHUNK;
  if (hasRoom) last.append(view);
  else log.append(element("div", { class: "log-chunk" }, view));
}
