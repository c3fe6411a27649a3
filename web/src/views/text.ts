/** One part of a message. The parts together are the message, without the fences around code. */
export type TextPart = { kind: "text" | "link" | "code"; text: string };

const OPENING = /^```[^`]*$/;
const CLOSING = /^```[ \t]*$/;
const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

/** Code blocks stand between lines of three backticks, and links begin with http(s)://. */
export function partsOf(text: string): TextPart[] {
  return blocksOf(text)
    .flatMap((part) => (part.kind === "text" ? linksOf(part.text) : [part]))
    .filter((part) => part.text !== "");
}

/** The lines are read once, so that a message full of fences that never close costs no more than any other. */
function blocksOf(text: string): TextPart[] {
  const lines = text.split("\n");
  const parts: TextPart[] = [];
  const lastClosing = lines.findLastIndex((line) => CLOSING.test(line));
  let begin = 0; // The first line that is not in a part yet.
  for (let at = 0; at < lastClosing; at++) {
    if (!OPENING.test(lines[at] ?? "")) continue;
    let end = at + 2; // A block has at least one line, because an empty one would show nothing.
    while (end <= lastClosing && !CLOSING.test(lines[end] ?? "")) end++;
    if (end > lastClosing) break;
    parts.push({ kind: "text", text: lines.slice(begin, at).map(withBreak).join("") });
    parts.push({ kind: "code", text: lines.slice(at + 1, end).join("\n") });
    begin = end + 1;
    at = end;
  }
  return [...parts, { kind: "text", text: lines.slice(begin).join("\n") }];
}

function withBreak(line: string): string {
  return `${line}\n`;
}

function linksOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let begin = 0;
  for (const { 0: link, index } of text.matchAll(LINK)) {
    if (!leadsWhereItSays(link)) continue;
    parts.push({ kind: "text", text: text.slice(begin, index) }, { kind: "link", text: link });
    begin = index + link.length;
  }
  return [...parts, { kind: "text", text: text.slice(begin) }];
}

/** An address that a browser would rewrite (look-alike letters, a name before an @) stays text. */
function leadsWhereItSays(link: string): boolean {
  if (!URL.canParse(link)) return false;
  const url = new URL(link);
  return url.username === "" && url.password === "" && link.toLowerCase().startsWith(url.origin);
}
