import type { Bytes } from "@nullroom/core/brand";
import { asRefusal, NullroomError } from "@nullroom/core/errors";
import type { SetEntry } from "@nullroom/core/files/file-set";
import type { Received } from "@nullroom/core/files/sink";
import type { SetWriter } from "@nullroom/core/files/split-writer";
import { BufferedStream } from "./write-buffer.ts";

/** "name (99)": nobody receives one set more often into the same place. */
const NAMES_TRIED = 99;

/** Writes a set into a new folder, so that nothing of the person's is touched and all of it can be removed again. */
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
    // A stream that has failed cannot be aborted again; removing the folder is what counts.
    await Promise.allSettled([this.#stream?.abort()]);
    await this.#parent.removeEntry(this.#folder.name, { recursive: true });
  }

  /** Dropping does not wait for a call under way, which must then not write on. */
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

/** Undefined where something has this name. */
async function newFolder(
  parent: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle | undefined> {
  return (await isTaken(parent, name)) ? undefined : folderIn(parent, name);
}

/** Never one that is there: systems know more ways than we do in which two names are one. @throws "E_FILE_NAME" */
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
    if (why === "TypeMismatchError") return true; // A file has this name.
    if (why === "NotFoundError") return false;
    throw thrown;
  }
}
