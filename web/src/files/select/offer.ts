import { asNullroomError, type NullroomError } from "@nullroom/core/errors";
import type { Offering } from "@nullroom/core/files/offering";
import type { Session } from "@nullroom/core/session";
import { errors } from "../../say/errors.ts";
import { files, fileTooLarge, setTooLarge } from "../../say/files.ts";
import type { ChosenContent } from "./chosen-content.ts";
import { asOffering, type Chosen, chosenFiles, textFile, walked } from "./sources.ts";

/** The part of a session that is used here. */
type OfferingSession = Pick<Session, "fileSizeLimit"> & { readonly files: Pick<Session["files"], "offer"> };

/**
 * Offer what a person chose: one file as itself, several files or a folder as one set.
 * @returns what to say where the offer was refused, or nothing
 */
export async function offer(session: OfferingSession, content: ChosenContent): Promise<string> {
  let offering: Offering | undefined;
  try {
    const chosen = await chosenOf(content);
    if (chosen.length === 0) return files.folderEmpty;
    offering = asOffering(chosen);
    session.files.offer(offering);
    if (content.type === "text") content.onOffered();
    return "";
  } catch (thrown) {
    return refusal(
      asNullroomError(thrown, "E_FILE_READ", "the file could not be offered"),
      session,
      offering,
    );
  }
}

async function chosenOf(content: ChosenContent): Promise<Chosen[]> {
  switch (content.type) {
    case "files":
      return chosenFiles(content.files);
    case "dropped":
      return walked(content.entries);
    case "text":
      return [textFile(content.text)];
    default:
      return content satisfies never;
  }
}

function refusal(
  { code }: NullroomError,
  { fileSizeLimit }: OfferingSession,
  offering: Offering | undefined,
): string {
  if (code === "E_CHANNEL") return files.later;
  if (code !== "E_FILE_LIMIT") return `${errors[code].title}. ${errors[code].text}`;
  if (!offering) return files.tooMany;
  const entries = offering.set?.entries ?? [{ path: offering.name, size: offering.size }];
  const alone = entries.length === 1 ? entries[0] : entries.find(({ size }) => size > fileSizeLimit);
  return alone ? fileTooLarge(alone.path, fileSizeLimit) : setTooLarge(entries.length, fileSizeLimit);
}
