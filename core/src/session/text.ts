/** What of a text is shown, and what of it a person would never see. */

/** Controls but tab and line feed, bidi controls, invisible operators and fillers, interlinear marks. */
const HIDDEN = /(?![\t\n])[\p{Cc}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** With the `u` flag a whole surrogate pair is one character, so this finds only halves. */
const LONE_SURROGATE = /\p{Cs}/gu;

/** Other ways to write a line break. */
const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;

/**
 * Make a text fit for a screen: line breaks kept, control and bidi characters removed, halves of
 * surrogate pairs replaced. `cleaned` says whether something was taken out, so that the person can be told.
 */
export function cleanText(text: string): { text: string; cleaned: boolean } {
  const broken = text.replace(LINE_BREAKS, "\n");
  const shown = broken.replace(LONE_SURROGATE, "\uFFFD").replace(HIDDEN, "");
  return { text: shown, cleaned: shown !== broken };
}

/** Bytes of a text in UTF-8, without making them. A lone surrogate counts as the U+FFFD that is sent for it. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
