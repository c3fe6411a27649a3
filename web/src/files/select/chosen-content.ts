/** What a person chose, dropped, pasted or wrote, on its way to be offered: the event `page:handed` on the window. */
export type ChosenContent =
  | { type: "files"; files: readonly File[] }
  | { type: "dropped"; entries: readonly (FileSystemEntry | File)[] }
  /** Too long for a message. */
  | { type: "text"; text: string; onOffered: () => void };
