import { asNullroomError, type NullroomError } from "@nullroom/core/errors";
import type { Offering } from "@nullroom/core/files/offering";
import type { Session } from "@nullroom/core/session";
import { errors } from "../../say/errors.ts";
import { files, fileTooLarge, setTooLarge } from "../../say/files.ts";
import type { ChosenContent } from "./chosen-content.ts";
import { asOffering, type Chosen, chosenFiles, textFile, walked } from "./sources.ts";

/** What of a session is asked here. */
type Offered = Pick<Session, "fileSizeLimit"> & { readonly files: Pick<Session["files"], "offer"> };

/**
 * Offer what a person handed over: one file as itself, several or a folder as one.
 * @returns what has to be said where it was refused
 */
export async function offer(session: Offered, handed: ChosenContent): Promise<string> {
  let offering: Offering | undefined;
  try {
    const chosen = await chosenOf(handed);
    if (chosen.length === 0) return files.folderEmpty;
    offering = asOffering(chosen);
    session.files.offer(offering);
    if (handed.type === "text") handed.onOffered();
    return "";
  } catch (thrown) {
    return refusal(
      asNullroomError(thrown, "E_FILE_READ", "the file could not be offered"),
      session,
      offering,
    );
  }
}

async function chosenOf(handed: ChosenContent): Promise<Chosen[]> {
  switch (handed.type) {
    case "files":
      return chosenFiles(handed.files);
    case "dropped":
      return walked(handed.entries);
    case "text":
      return [textFile(handed.text)];
    default:
      return handed satisfies never;
  }
}

function refusal(
  { code }: NullroomError,
  { fileSizeLimit }: Offered,
  offering: Offering | undefined,
): string {
  if (code === "E_CHANNEL") return files.later;
  if (code !== "E_FILE_LIMIT") return `${errors[code].title}. ${errors[code].text}`;
  if (!offering) return files.tooMany;
  const entries = offering.set?.entries ?? [{ path: offering.name, size: offering.size }];
  const alone = entries.length === 1 ? entries[0] : entries.find(({ size }) => size > fileSizeLimit);
  return alone ? fileTooLarge(alone.path, fileSizeLimit) : setTooLarge(entries.length, fileSizeLimit);
}
