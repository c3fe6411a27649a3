import type { Bytes } from "@nullroom/core/brand";
import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import { GuardedSink } from "@nullroom/core/files/guarded-sink";
import type { FileDescription, FileWriter, Received, SinkPlace } from "@nullroom/core/files/sink";
import { SplitWriter } from "@nullroom/core/files/split-writer";
import type { Ticket } from "./desk/tickets.ts";
import { FolderWriter } from "./folder-writer.ts";
import { GatheredStream } from "./gathered.ts";
import { placeOf } from "./place-of.ts";
import { archiveOf } from "./zip-writer.ts";

declare global {
  interface Window {
    showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
    showDirectoryPicker?(options: { mode: "readwrite" }): Promise<FileSystemDirectoryHandle>;
  }
  interface FileSystemFileHandle {
    /** Chromium only. */
    remove?(): Promise<void>;
  }
}

/** The disk's size is the operating system's secret. */
export const UNKNOWN_CAPACITY = Number.POSITIVE_INFINITY;

/**
 * Ask the person where the file goes. Only within a click.
 * @returns undefined when the person closes the dialog: the offer then stands as before
 */
export async function pickFilePlace(scope: Window, file: FileDescription): Promise<SinkPlace | undefined> {
  const { name } = file.set ? archiveOf(file.set) : file;
  const handle = await picked(() => scope.showSaveFilePicker?.({ suggestedName: name }));
  if (handle === undefined) return undefined;
  const open = () => PickedWriter.open(handle);
  return placeOf("picked", UNKNOWN_CAPACITY, open, () => ({ kind: "file", handle }));
}

/** Ask for a folder; a set gets one of its own in it. As `pickFilePlace`. */
export async function pickFolderPlace(scope: Window): Promise<SinkPlace | undefined> {
  const parent = await picked(() => scope.showDirectoryPicker?.({ mode: "readwrite" }));
  return parent && folderPlace(parent);
}

export function folderPlace(parent: FileSystemDirectoryHandle): SinkPlace {
  return {
    kind: "picked",
    capacity: UNKNOWN_CAPACITY,
    pass: (): Ticket => ({ kind: "folder", handle: parent }),
    async open({ name, size, set }, signal) {
      if (!set) throw new NullroomError("E_FILE_NAME", "one file alone needs no folder");
      const folder = await FolderWriter.open(parent, name);
      return new GuardedSink(new SplitWriter(set, folder), size, signal);
    },
  };
}

async function picked<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    const handle = await ask();
    if (handle === undefined) throw new NullroomError("E_UNSUPPORTED", "this browser picks no places");
    return handle;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") return undefined;
    throw asNullroomError(thrown, "E_FILE_READ", "the place cannot be written to");
  }
}

/** The browser writes to a copy beside the file and puts it in its place on `close`: until then nothing has changed. */
export class PickedWriter implements FileWriter {
  readonly #handle: FileSystemFileHandle;
  readonly #stream: GatheredStream;
  readonly #wasEmpty: boolean;
  #state: "open" | "saved" | "dropped" = "open";
  #closing: Promise<void> | undefined;

  private constructor(handle: FileSystemFileHandle, stream: GatheredStream, wasEmpty: boolean) {
    this.#handle = handle;
    this.#stream = stream;
    this.#wasEmpty = wasEmpty;
  }

  static async open(handle: FileSystemFileHandle): Promise<PickedWriter> {
    const { size } = await handle.getFile();
    return new PickedWriter(handle, new GatheredStream(await handle.createWritable()), size === 0);
  }

  write(chunk: Bytes): Promise<void> {
    return this.#stream.write(chunk);
  }

  async close(): Promise<Received> {
    this.#closing = this.#stream.close();
    await this.#closing;
    if (this.#state === "open") this.#state = "saved";
    return { type: "saved" };
  }

  async drop(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "dropped";
    // Given up in the last moment it cannot be stopped any more, only removed.
    await Promise.allSettled([this.#closing ?? this.#stream.abort()]);
    // The picker has made an empty file; one that the person chose to replace stays as it was.
    if (this.#closing || this.#wasEmpty) await this.#handle.remove?.();
  }
}
