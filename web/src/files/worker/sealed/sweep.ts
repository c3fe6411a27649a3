/** Directories of the origin's private file system that are ours; the rest of the name is random. */
export const SEALED_PREFIX = "nullroom-sealed-";

export type VaultScope = {
  readonly storage: Pick<StorageManager, "getDirectory">;
  readonly locks: LockManager;
};

/** A directory whose lock is free is that of a tab that is no more. Safe at any time. */
export async function sweep({ storage, locks }: VaultScope): Promise<void> {
  const root = await storage.getDirectory();
  const names: string[] = [];
  for await (const name of root.keys()) if (name.startsWith(SEALED_PREFIX)) names.push(name);
  for (const name of names) {
    await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await removeFound(root, name);
    });
  }
}

/** Two pages may start together and find the same directory. */
async function removeFound(root: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await root.removeEntry(name, { recursive: true });
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === "NotFoundError")) throw thrown;
  }
}
