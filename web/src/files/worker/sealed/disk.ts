/** The part of a `FileSystemSyncAccessHandle` that is used here. TypeScript knows it only in workers. */
export interface Disk {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  /** Make the file longer or shorter. New bytes read as zeros. */
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

declare global {
  interface FileSystemFileHandle {
    /** It exists in dedicated workers, for files of the origin's private file system. */
    createSyncAccessHandle(): Promise<Disk>;
  }
}
