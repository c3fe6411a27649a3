/** What a person chose, dropped, pasted or wrote to be offered. It travels in the event `page:chosen` on the window. */
export type ChosenContent =
  | { type: "files"; files: readonly File[] }
  | { type: "dropped"; entries: readonly (FileSystemEntry | File)[] }
  /** A text that is too long for a message. */
  | { type: "text"; text: string; onOffered: () => void };
