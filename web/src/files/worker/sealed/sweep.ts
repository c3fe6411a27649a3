/** Every vault's directory in the origin's private file system has this prefix. The rest of its name is random. */
export const SEALED_PREFIX = "nullroom-sealed-";

export type VaultScope = {
  readonly storage: Pick<StorageManager, "getDirectory">;
  readonly locks: LockManager;
};

/** Remove the directories of tabs that are gone, which are those whose lock is free. It is safe at any time. */
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

/** The directory may be gone already, because two pages that start together find the same one. */
async function removeFound(root: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await root.removeEntry(name, { recursive: true });
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === "NotFoundError")) throw thrown;
  }
}
