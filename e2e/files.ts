import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { standInForPickers } from "../testing/browsers/pickers.ts";
import type { Tab } from "../testing/browsers/tab.ts";
import { until } from "../testing/until.ts";

const folder = fileURLToPath(new URL("../.cache/e2e/", import.meta.url));

const PIECE_BYTES = 1024 * 1024;

/** A file of so many random bytes, or of these. */
export async function makeFile(bytes: number | Buffer, name = `file-${bytes}.bin`): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await pipeline(typeof bytes === "number" ? randomPieces(bytes) : [bytes], createWriteStream(path));
  return path;
}

/** However large it is, this process holds one piece of it. */
function* randomPieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield randomBytes(Math.min(left, PIECE_BYTES));
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Send a file and save it on the other side, accepting it where that is asked. @returns where it was saved */
export async function handOver(from: Tab, to: Tab, path: string, ms = 60_000): Promise<string> {
  await standInForPickers(to);
  await from.choose("Choose file", [path]);
  await receives(to, basename(path), ms);
  return saved(to, basename(path));
}

/** Where a file that has come is to be found on the disk: saved now, or written to where the person picked. */
export async function saved(tab: Tab, name: string, ms?: number): Promise<string> {
  if (await wasPicked(tab, name)) await offerPicked(tab, name);
  return tab.save(name, ms);
}

function wasPicked(tab: Tab, name: string): Promise<boolean> {
  return tab.evaluate(
    (file) =>
      [...document.querySelectorAll<HTMLElement>('[role="log"] > *')].some(
        ({ innerText }) => innerText.includes(file) && innerText.includes("saved where you chose"),
      ),
    name,
  );
}

/** What stands in for the person's disk lies in the browser: a link of the test's own brings it out. */
async function offerPicked(tab: Tab, name: string): Promise<void> {
  await tab.evaluate(async (file) => {
    const disk = await (await navigator.storage.getDirectory()).getDirectoryHandle("picked by the person");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await (await disk.getFileHandle(file)).getFile());
    link.download = file;
    link.textContent = file;
    document.querySelector('[role="log"]')?.append(link);
  }, name);
}

/** Wait for the file to have come whole; an offer on the way is accepted. */
export async function receives(tab: Tab, name: string, ms = 60_000): Promise<void> {
  await until(
    `${name} to arrive`,
    () =>
      tab.evaluate((file) => {
        const log = document.querySelector('[role="log"]');
        const controls = [...(log?.querySelectorAll<HTMLElement>("a, button") ?? [])];
        controls.find((control) => control.ariaLabel === "Accept" || control.innerText === "Accept")?.click();
        return (
          controls.some(
            (control) => control.checkVisibility() && (control.ariaLabel ?? control.innerText).includes(file),
          ) ||
          [...(log?.children ?? [])].some(
            ({ textContent }) => textContent.includes(file) && textContent.includes("saved where you chose"),
          )
        );
      }, name),
    ms,
  );
}

/** Note every value that a progress bar takes from now on. */
export async function watchProgress(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    const seen: { name: string; share: number }[] = [];
    Object.assign(window, { progressSeen: seen });
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll<HTMLElement>('progress, [role="progressbar"]')) {
        const labels = bar.getAttribute("aria-labelledby")?.split(" ") ?? [];
        const name =
          bar.ariaLabel ?? labels.map((id) => document.getElementById(id)?.textContent).join(" ") ?? "";
        const native = bar instanceof HTMLProgressElement ? bar.position : -1;
        const share = native >= 0 ? native : Number(bar.ariaValueNow) / Number(bar.ariaValueMax ?? 100);
        seen.push({ name, share });
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  }, undefined);
}

/** Shares between nothing and everything that were shown for this file. */
export async function progressSeen(tab: Tab, name: string): Promise<number[]> {
  const seen = await tab.evaluate(
    () => (window as Window & { progressSeen?: { name: string; share: number }[] }).progressSeen ?? [],
    undefined,
  );
  return seen
    .filter((one) => one.name.includes(name) && one.share > 0 && one.share < 1)
    .map((one) => one.share);
}

/** How much of the newest file has come, by what is shown: from 0 to 1. */
export function shareOf(tab: Tab): Promise<number> {
  return tab.evaluate(() => [...document.querySelectorAll("progress")].at(-1)?.value ?? 0, undefined);
}
