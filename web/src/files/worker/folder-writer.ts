import type { Bytes } from "@nullroom/core/brand";
import { asRefusal, NullroomError } from "@nullroom/core/errors";
import type { SetEntry } from "@nullroom/core/files/file-set";
import type { Received } from "@nullroom/core/files/sink";
import type { SetWriter } from "@nullroom/core/files/split-writer";
import { BufferedStream } from "./write-buffer.ts";

/** Names are tried up to "name (99)": nobody receives the same set into one folder more often. */
const NAMES_TRIED = 99;

/** Writes a set into a new folder, so that no other file is touched and the whole set can be removed again. */
export class FolderWriter implements SetWriter {
  readonly #parent: FileSystemDirectoryHandle;
  readonly #folder: FileSystemDirectoryHandle;
  #stream: BufferedStream | undefined;
  #state: "open" | "saved" | "dropped" = "open";

  private constructor(parent: FileSystemDirectoryHandle, folder: FileSystemDirectoryHandle) {
    this.#parent = parent;
    this.#folder = folder;
  }

  /** @throws NullroomError "E_FILE_NAME" when every name is taken */
  static async open(parent: FileSystemDirectoryHandle, name: string): Promise<FolderWriter> {
    for (let count = 1; count <= NAMES_TRIED; count++) {
      const candidate = count === 1 ? name : `${name} (${count})`;
      const folder = await asAllowed(candidate, (allowed) => newFolder(parent, allowed));
      if (folder) return new FolderWriter(parent, folder);
    }
    throw new NullroomError("E_FILE_NAME", "every name for the folder is taken");
  }

  async begin({ path }: SetEntry): Promise<void> {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = this.#folder;
    for (const part of parts) folder = await asAllowed(part, (allowed) => folderIn(folder, allowed));
    this.#refuseIfDropped();
    const handle = await asAllowed(name, (allowed) => newFile(folder, allowed));
    this.#stream = new BufferedStream(await handle.createWritable());
  }

  async write(chunk: Bytes): Promise<void> {
    await this.#stream?.write(chunk);
  }

  async end(): Promise<void> {
    this.#refuseIfDropped();
    await this.#stream?.close();
    this.#stream = undefined;
  }

  async close(): Promise<Received> {
    this.#refuseIfDropped();
    this.#state = "saved";
    return { type: "saved" };
  }

  async drop(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "dropped";
    // Aborting rejects for a stream that has failed already. Removing the folder is what counts.
    await Promise.allSettled([this.#stream?.abort()]);
    await this.#parent.removeEntry(this.#folder.name, { recursive: true });
  }

  /** `drop` does not wait for a call under way, which must not go on writing after it. */
  #refuseIfDropped(): void {
    if (this.#state === "dropped") throw new NullroomError("E_FILE_CANCELLED", "the files were given up");
  }
}

/**
 * Chromium lets no page write a name that means something to some system, as `desktop.ini`, `a.lnk` and `b~1` do, and
 * says so by a TypeError.
 */
async function asAllowed<T>(name: string, make: (name: string) => Promise<T>): Promise<T> {
  try {
    return await make(name);
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
  }
  try {
    return await make(`${name.replaceAll("~", "_")}_`);
  } catch (thrown) {
    throw asRefusal(thrown, "E_FILE_READ", "the browser takes no such name");
  }
}

function folderIn(parent: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle> {
  return parent.getDirectoryHandle(name, { create: true });
}

/** A new folder of this name, or undefined where something has the name already. */
async function newFolder(
  parent: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle | undefined> {
  return (await isTaken(parent, name)) ? undefined : folderIn(parent, name);
}

/**
 * A new file, never one that exists: file systems have more ways in which two names are the same than are known here.
 * @throws NullroomError "E_FILE_NAME" where something has the name already
 */
async function newFile(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle> {
  if (await isTaken(folder, name)) throw new NullroomError("E_FILE_NAME", "two files have one name here");
  return folder.getFileHandle(name, { create: true });
}

async function isTaken(parent: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await parent.getDirectoryHandle(name);
    return true;
  } catch (thrown) {
    const why = thrown instanceof DOMException ? thrown.name : "";
    if (why === "TypeMismatchError") return true; // The name is a file's.
    if (why === "NotFoundError") return false;
    throw thrown;
  }
}
