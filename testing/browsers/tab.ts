/** The roles by which a test finds what is on a page. */
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

/**
 * A browser tab, driven by roles and accessible names, as a person would find things. Two drivers implement it, so that
 * each journey is written once and runs in Chromium and in Firefox.
 */
export interface Tab extends AsyncDisposable {
  /** What the tab has requested and complained about since it was opened. */
  readonly record: TabRecord;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  address(): Promise<string>;
  /** Click once it is there, visible and enabled. `name` is the whole accessible name, or a part as a RegExp. */
  click(role: Role, name: string | RegExp, within?: Role): Promise<void>;
  fill(name: string, text: string): Promise<void>;
  press(key: string): Promise<void>;
  /** Choose files with the input that has this label. */
  choose(label: string, paths: readonly string[]): Promise<void>;
  /** Press what saves the received file. @returns its path, within `ms` */
  save(fileName: string, ms?: number): Promise<string>;
  /** Run a function in the page. It sees its argument and the page, and nothing of the test. */
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

/** Ask again where a page went on to its next document while it was asked. @throws any other error */
export function againInNewDocument<T>(error: Error, ask: () => Promise<T>): Promise<T> {
  if (/context was destroyed|browsing context|Cannot find context|realm/i.test(error.message)) return ask();
  throw error;
}
