/**
 * One person's browser tab, in the words of the contract: roles and accessible names. Two drivers implement it,
 * so that each journey is written once and runs in Chromium and in Firefox.
 */
export type Role =
  | "alertdialog"
  | "button"
  | "checkbox"
  | "dialog"
  | "heading"
  | "link"
  | "log"
  | "progressbar"
  | "status"
  | "textbox"
  | "timer";

export interface Tab extends AsyncDisposable {
  /** What the tab asked of the network and complained about since it exists. */
  readonly record: TabRecord;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  address(): Promise<string>;
  /** Waits until it is there, visible and enabled. `name` is the whole accessible name, or a part as a RegExp. */
  click(role: Role, name: string | RegExp, within?: Role): Promise<void>;
  fill(name: string, text: string): Promise<void>;
  press(key: string): Promise<void>;
  /** Choose files with the input labelled so. */
  choose(label: string, paths: readonly string[]): Promise<void>;
  /** Press what saves the received file and return where it was saved, within `ms`. */
  save(fileName: string, ms?: number): Promise<string>;
  /** Run in the page. The function stands alone: it sees its argument and the page, nothing else. */
  evaluate<T, A>(task: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

export type TabRecord = {
  /** Errors and warnings of the console, and uncaught exceptions. */
  complaints: string[];
  /** Addresses of all requests, sockets included. */
  requests: string[];
};

/** A page that went on to its next document while it was asked is asked again, there. */
export function againInNewDocument<T>(error: Error, ask: () => Promise<T>): Promise<T> {
  if (/context was destroyed|browsing context|Cannot find context|realm/i.test(error.message)) return ask();
  throw error;
}
