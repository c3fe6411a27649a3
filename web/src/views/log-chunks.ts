import { element } from "./element.ts";

/** Few enough to be laid out for each new one, and so many that there are few stretches. */
const MESSAGES_PER_STRETCH = 50;

/**
 * Put a message at the end of the log. Every new one has its siblings laid out anew, which for thousands of them takes
 * longer than people pause: so messages stand in stretches, and only the last stretch grows.
 */
export function appendMessage(log: HTMLElement, view: HTMLElement): void {
  const last = log.lastElementChild;
  const hasRoom = last?.className === "stretch" && last.childElementCount < MESSAGES_PER_STRETCH;
  if (hasRoom) last.append(view);
  else log.append(element("div", { class: "stretch" }, view));
}
