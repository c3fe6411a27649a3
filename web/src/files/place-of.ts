import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import { GuardedSink } from "@nullroom/core/files/guarded-sink";
import type { FileDescription, FileWriter, SinkKind, SinkPlace } from "@nullroom/core/files/sink";
import { SplitWriter } from "@nullroom/core/files/split-writer";
import type { Ticket } from "./desk/tickets.ts";
import { archiveOf, ZipWriter } from "./zip-writer.ts";

/** A place that stores one file at a time; a set goes into it as one archive. */
export function placeOf(
  kind: SinkKind,
  capacity: number,
  openWriter: (file: FileDescription) => Promise<FileWriter>,
  pass?: (stored: FileDescription, lifetime: AbortSignal) => Ticket,
): SinkPlace {
  return {
    kind,
    capacity,
    ...(pass && { pass: (file, lifetime) => pass(storedAs(file, capacity), lifetime) }),
    async open(file, signal) {
      const stored = storedAs(file, capacity);
      const inner = await opened(() => openWriter(stored));
      const writer = file.set ? new SplitWriter(file.set, new ZipWriter(inner)) : inner;
      return new GuardedSink(writer, file.size, signal);
    },
  };
}

/** @throws NullroomError "E_FILE_LIMIT" */
function storedAs(file: FileDescription, capacity: number): FileDescription {
  const stored = file.set ? archiveOf(file.set) : file;
  if (stored.size > capacity) throw new NullroomError("E_FILE_LIMIT", "larger than this place can hold");
  return stored;
}

async function opened(openWriter: () => Promise<FileWriter>): Promise<FileWriter> {
  try {
    return await openWriter();
  } catch (thrown) {
    throw asNullroomError(thrown, "E_FILE_READ", "the place has gone");
  }
}
