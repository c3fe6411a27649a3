import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { standInForPickers } from "../../testing/browsers/pickers.ts";
import type { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { meet, type RoomProtocol } from "../protocols.ts";
import { type MeasuredWindow, mibPerSecond } from "./bare.ts";
import type { Pair } from "./pairings.ts";

const FOLDER = fileURLToPath(new URL("../../.cache/bench/", import.meta.url));
const PIECE_BYTES = 1024 * 1024;
const PATIENCE_MS = 180_000;

export type File = { path: string; bytes: number };

/** Make a file of this size on the disk, where a person's file would be. */
export async function makeFile(bytes: number): Promise<File> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${bytes}.bin`);
  const piece = Buffer.alloc(PIECE_BYTES, 7);
  const pieces = Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, at) =>
    piece.subarray(0, Math.min(PIECE_BYTES, bytes - at * PIECE_BYTES)),
  );
  await pipeline(Readable.from(pieces), createWriteStream(path));
  return { path, bytes };
}

/** Open a room and hand over a file in it, until its first bytes have arrived. */
export async function startTransfer(
  protocol: RoomProtocol,
  pair: Pair,
  { server, file, hide = false }: Room,
): Promise<void> {
  await meet(protocol, pair, server, hide);
  await handOver(pair, file);
}

export type Room = { server: TestServer; file: File; hide?: boolean };

/** Hand over a file in an open room, until its first bytes have arrived. */
export async function handOver([sender, receiver]: Pair, file: File): Promise<void> {
  await standInForPickers(receiver);
  await receiver.evaluate(acceptAndNote, undefined);
  await sender.choose("Choose file", [file.path]);
  await until(
    "the first bytes",
    async () => (await receiver.evaluate(transferProgress, undefined)).steps.length > 1,
    PATIENCE_MS,
  );
}

/** Hand over a file in a new room. @returns MiB per second, from the click on "Accept" to the whole, verified file */
export async function roomThroughput(protocol: RoomProtocol, pair: Pair, room: Room): Promise<number> {
  await startTransfer(protocol, pair, room);
  const { from, to } = await until(
    "the whole file",
    async () => {
      const { startedAt, completeAt } = await pair[1].evaluate(transferProgress, undefined);
      return completeAt > 0 && { from: startedAt, to: completeAt };
    },
    PATIENCE_MS,
  );
  return mibPerSecond(room.file.bytes, to - from);
}

/** Hand over a file in a new room. @returns MiB per second that arrive in the window, after the transfer has settled */
export async function roomRate(
  protocol: RoomProtocol,
  pair: Pair,
  room: Room,
  { settleMs, windowMs }: MeasuredWindow,
): Promise<number> {
  await startTransfer(protocol, pair, room);
  await wait(settleMs);
  const first = await pair[1].evaluate(transferProgress, undefined);
  await wait(windowMs);
  const last = await pair[1].evaluate(transferProgress, undefined);
  const [from, to] = [first.steps.at(-1), last.steps.at(-1)];
  if (!from || !to || to.at === from.at) throw new Error("nothing moved");
  return mibPerSecond((to.share - from.share) * room.file.bytes, to.at - from.at);
}

type Progress = { startedAt: number; completeAt: number; steps: { at: number; share: number }[] };
declare global {
  interface Window {
    transferProgress?: Progress;
  }
}

function transferProgress(): Progress {
  return window.transferProgress ?? { startedAt: 0, completeAt: 0, steps: [] };
}

/** Accept the next file as soon as it is offered, and note its progress by the page's clock. Runs in the receiver's page. */
function acceptAndNote(): void {
  const seen: Progress = { startedAt: 0, completeAt: 0, steps: [] };
  window.transferProgress = seen;
  const look = () => {
    const view = [...document.querySelectorAll<HTMLElement>(".file")].at(-1);
    const accept = [...(view?.querySelectorAll("button") ?? [])].find(
      (button) => button.innerText === "Accept",
    );
    const share = view?.querySelector("progress:not([hidden])")
      ? (view.querySelector("progress")?.value ?? 0)
      : undefined;
    const at = performance.now();
    if (seen.startedAt === 0 && (accept || share !== undefined)) seen.startedAt = at;
    if (accept && !accept.disabled) accept.click();
    if (share !== undefined && seen.steps.at(-1)?.share !== share) seen.steps.push({ at, share });
    if (view?.dataset.status === "delivered") seen.completeAt ||= at;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
