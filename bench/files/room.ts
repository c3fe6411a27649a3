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
import { meet, type Way } from "../protocols.ts";
import { mibPerSecond, type Stretch } from "./bare.ts";
import type { Pair } from "./pairings.ts";

const FOLDER = fileURLToPath(new URL("../../.cache/bench/", import.meta.url));
const PIECE_BYTES = 1024 * 1024;
const PATIENCE_MS = 180_000;

export type File = { path: string; bytes: number };

/** On the disk, as a person's file would be. */
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

/** A room in which a file has been accepted and its first bytes have come. */
export async function beginToMove(way: Way, pair: Pair, { server, file, hide = false }: Room): Promise<void> {
  await meet(way, pair, server, hide);
  await move(pair, file);
}

export type Room = { server: TestServer; file: File; hide?: boolean };

/** From one to the other, in a room that they have already. */
export async function move([sender, receiver]: Pair, file: File): Promise<void> {
  await standInForPickers(receiver);
  await receiver.evaluate(follow, undefined);
  await sender.choose("Choose file", [file.path]);
  await until(
    "the first bytes",
    async () => (await receiver.evaluate(moved, undefined)).steps.length > 1,
    PATIENCE_MS,
  );
}

/** @returns MiB per second, from the click on "Accept" to the whole file, verified where the protocol verifies */
export async function roomThroughput(way: Way, pair: Pair, room: Room): Promise<number> {
  await beginToMove(way, pair, room);
  const { from, to } = await until(
    "the whole file",
    async () => {
      const { begunAt, wholeAt } = await pair[1].evaluate(moved, undefined);
      return wholeAt > 0 && { from: begunAt, to: wholeAt };
    },
    PATIENCE_MS,
  );
  return mibPerSecond(room.file.bytes, to - from);
}

/** @returns MiB per second that arrive in a while, once the room has found its pace */
export async function roomRate(
  way: Way,
  pair: Pair,
  room: Room,
  { settleMs, windowMs }: Stretch,
): Promise<number> {
  await beginToMove(way, pair, room);
  await wait(settleMs);
  const first = await pair[1].evaluate(moved, undefined);
  await wait(windowMs);
  const last = await pair[1].evaluate(moved, undefined);
  const [from, to] = [first.steps.at(-1), last.steps.at(-1)];
  if (!from || !to || to.at === from.at) throw new Error("nothing moved");
  return mibPerSecond((to.share - from.share) * room.file.bytes, to.at - from.at);
}

type Moved = { begunAt: number; wholeAt: number; steps: { at: number; share: number }[] };
declare global {
  interface Window {
    moved?: Moved;
  }
}

function moved(): Moved {
  return window.moved ?? { begunAt: 0, wholeAt: 0, steps: [] };
}

/** Accept the next file as soon as it is offered, and note how it comes: in the receiver's page, by its clock. */
function follow(): void {
  const seen: Moved = { begunAt: 0, wholeAt: 0, steps: [] };
  window.moved = seen;
  const look = () => {
    const view = [...document.querySelectorAll<HTMLElement>(".file")].at(-1);
    const accept = [...(view?.querySelectorAll("button") ?? [])].find(
      (button) => button.innerText === "Accept",
    );
    const share = view?.querySelector("progress:not([hidden])")
      ? (view.querySelector("progress")?.value ?? 0)
      : undefined;
    const at = performance.now();
    if (seen.begunAt === 0 && (accept || share !== undefined)) seen.begunAt = at;
    if (accept && !accept.disabled) accept.click();
    if (share !== undefined && seen.steps.at(-1)?.share !== share) seen.steps.push({ at, share });
    if (view?.dataset.status === "delivered") seen.wholeAt ||= at;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
