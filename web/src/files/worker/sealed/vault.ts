import { NullroomError } from "@nullroom/core/errors";
import type { Disk } from "./disk.ts";
import { SEALED_PREFIX, type VaultScope } from "./sweep.ts";

/**
 * This tab's own directory of sealed files. The tab holds a Web Lock of the same name from before the directory is
 * made until after it is removed. So a directory whose lock is free belongs to a tab that has died, with all its keys.
 */
export class Vault {
  readonly #root: FileSystemDirectoryHandle;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #release: () => void;
  #count = 0;

  private constructor(
    root: FileSystemDirectoryHandle,
    folder: FileSystemDirectoryHandle,
    release: () => void,
  ) {
    this.#root = root;
    this.#folder = folder;
    this.#release = release;
  }

  static async open({ storage, locks }: VaultScope): Promise<Vault> {
    const root = await storage.getDirectory();
    const name = SEALED_PREFIX + crypto.randomUUID();
    const release = await hold(locks, name);
    try {
      return new Vault(root, await root.getDirectoryHandle(name, { create: true }), release);
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  /**
   * A new file of this size in bytes, and a function that removes it once it is closed.
   * @throws NullroomError "E_FILE_LIMIT" when the browser does not give this much storage
   */
  async create(size: number): Promise<{ disk: Disk; remove: () => Promise<void> }> {
    const name = String(this.#count++);
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const remove = () => this.#folder.removeEntry(name);
    try {
      return { disk: await reserved(handle, size), remove };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  }

  /** Remove the directory. All files in it must be closed. */
  async close(): Promise<void> {
    await this.#root.removeEntry(this.#folder.name, { recursive: true });
    this.#release();
  }
}

/** Reserve the whole size at once, because the free storage that a browser reports may be a made-up constant. */
async function reserved(handle: FileSystemFileHandle, size: number): Promise<Disk> {
  const disk = await handle.createSyncAccessHandle();
  try {
    disk.truncate(size);
    return disk;
  } catch (cause) {
    disk.close();
    throw new NullroomError("E_FILE_LIMIT", "the browser does not give this much room", { cause });
  }
}

/** Take a lock, and hold it until the returned function is called or this worker dies. */
function hold(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = locks.request(name, () => new Promise<void>((release) => resolve(release)));
    held.catch(reject);
  });
}
