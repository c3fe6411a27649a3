/** What we use of a `FileSystemSyncAccessHandle`. TypeScript knows it only in workers; tests pass a fake. */
export interface Disk {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  /** Longer or shorter; what is new reads as zeros. */
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

declare global {
  interface FileSystemFileHandle {
    /** In dedicated workers, for files of the origin's private file system. */
    createSyncAccessHandle(): Promise<Disk>;
  }
}
