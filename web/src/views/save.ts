import { element } from "./element.ts";

/** The blob's URL lives this long, which is enough for any browser to have begun the download. */
const SAVE_MS = 60_000;

/** Save a received file through the browser's own downloads, under a name that is already safe. */
export function save(file: Blob, name: string, signal: AbortSignal): void {
  const url = URL.createObjectURL(file);
  const revoke = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", revoke);
    URL.revokeObjectURL(url);
  };
  const timer = setTimeout(revoke, SAVE_MS);
  signal.addEventListener("abort", revoke, { once: true });
  element("a", { href: url, download: name }).click();
}
