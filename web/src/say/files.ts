import type { DestinationChoice } from "@nullroom/core/files/choose-destination";
import type { Transfer, TransferStatus } from "@nullroom/core/session";
import { errors } from "./errors.ts";
import { bytes } from "./session.ts";

/** Texts about files that never change. */
export const files = {
  accept: "Accept",
  canRun: "(can run a program)",
  cancel: "Cancel",
  decline: "Decline",
  folderEmpty: "There are no files in it.",
  later: "The connection is interrupted. Send the file again when it is back.",
  noPicture: "This picture can’t be shown here. You can still save it.",
  pause: "Pause",
  resume: "Resume",
  save: "Save",
  showPicture: "Show picture",
  tooMany: "These are too many files for one go. Send fewer, or put them into one archive first.",
  runs: "Opening a file of this kind can run a program on your device. Leave it unless you know why you get it.",
  someRun:
    "Opening some of these files can run a program on your device; they come first in the list. Leave them unless you know why you get them.",
} as const;

const transfers: Record<Exclude<TransferStatus, "moving" | "paused">, string> = {
  offered: "offered",
  queued: "waiting for its turn",
  sent: "sent",
  delivered: "delivered",
  declined: "declined",
  cancelled: "cancelled",
  failed: "failed",
};

/** The line under a file that does not move now: what it is, or what became of it. */
export function transferLine(transfer: Transfer): string {
  const { status, direction, code } = transfer;
  const what = `${bytes(transfer.size)}, `;
  if (status === "moving" || status === "paused") return "";
  if (status === "offered") return what + (direction === "in" ? kind(transfer) : "waiting for their answer");
  if (status === "delivered" && direction === "in") return what + received(transfer);
  const why = status === "failed" && code ? `. ${errors[code].text}` : "";
  return what + transfers[status] + why;
}

function received({ received: how, set }: Transfer): string {
  if (how?.type === "saved") return "received whole, and saved where you chose";
  return `received whole. Save ${set ? "them" : "it"} before the room ends`;
}

/** The line under a large file from the click on "Save" until the browser has the file. */
export function readyingLine({ size }: Transfer): string {
  return `${bytes(size)}, getting it ready to save…`;
}

/** The line under a file that moves. It changes all the time, so it is never read out by itself. */
export function movingLine(transfer: Transfer, isStalled: boolean): string {
  const { status, pausedBy, moved, size, speed, leftMs } = transfer;
  const far = `${bytes(moved)} of ${bytes(size)}`;
  if (status === "paused") {
    return pausedBy === "connection" ? `${far}, goes on when the connection is back` : `${far}, paused`;
  }
  if (isStalled) return `${far}, waiting for the other side`;
  const pace = speed === undefined || speed === 0 ? "" : `, ${bytes(Math.round(speed))}/s`;
  return far + pace + (leftMs === undefined || moved === size ? "" : `, ${untilDone(leftMs)}`);
}

/** The time that is left, in steps so coarse that the text does not flicker. */
export function untilDone(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 10) return "a few seconds left";
  if (seconds < 60) return `${Math.ceil(seconds / 5) * 5} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "a minute left" : `${minutes} minutes left`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? "an hour left" : `${hours} hours left`;
}

export function fileCount(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

const KINDS: Record<string, string> = { image: "picture", video: "video", audio: "sound", text: "text" };

/** The kind of file, as its sender says. Whether that is true shows only when the file is opened. */
function kind({ name, type, set }: Transfer): string {
  if (set) return "all together";
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toUpperCase();
  const said = KINDS[type.split("/", 1)[0] ?? ""];
  return [extension, said ?? "file"].filter(Boolean).join(" ");
}

/** Where an accepted file would go, or why it cannot be accepted. */
export function where(choice: DestinationChoice, isSet: boolean): string {
  if (choice.type === "refuse") {
    return `This is too large for this browser: it can take ${bytes(choice.capacity, Math.floor)} here. Ask for smaller parts, or meet again with Chrome or Edge on a computer, which write straight to the disk.`;
  }
  switch (choice.kind) {
    case "picked":
      return isSet
        ? "You choose where; the files go into a new folder there."
        : "You choose where it is saved.";
    case "sealed":
      return `Kept encrypted on this device until you save ${isSet ? "it as one archive" : "it"}, and only until the room ends.`;
    case "memory":
      return `Held in this page’s memory until you save ${isSet ? "it as one archive" : "it"}, and only until the room ends.`;
    default:
      return choice.kind satisfies never;
  }
}

export function more(count: number): string {
  return `and ${count} more`;
}

export function setTooLarge(count: number, limit: number): string {
  return `These ${count} files are larger together than this room allows in one go (${bytes(limit, Math.floor)}). Send fewer at a time.`;
}

export function fileTooLarge(name: string, limit: number): string {
  return `“${name}” is larger than this room allows (${bytes(limit, Math.floor)}). ${errors.E_FILE_LIMIT.text}`;
}
