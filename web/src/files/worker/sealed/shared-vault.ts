import { BlockCipher, sealedSize } from "./blocks.ts";
import { SealedFile } from "./sealed-file.ts";
import { Vault } from "./vault.ts";

export type Opened = { readonly file: SealedFile; readonly remove: () => Promise<void> };

/** A vault that exists only while it holds a file. When the last file is gone, so is the directory. */
export class SharedVault {
  #vault: Vault | undefined;
  #files = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** @throws NullroomError "E_FILE_LIMIT" when the browser does not give this much storage */
  open(size: number): Promise<Opened> {
    return this.#inTurn(async () => {
      const cipher = await BlockCipher.create();
      this.#vault ??= await Vault.open(navigator);
      try {
        const { disk, remove } = await this.#vault.create(sealedSize(size));
        this.#files += 1;
        return { file: new SealedFile(disk, cipher), remove };
      } finally {
        await this.#closeIfEmpty();
      }
    });
  }

  close({ file, remove }: Opened): Promise<void> {
    return this.#inTurn(async () => {
      file.close();
      await remove();
      this.#files -= 1;
      await this.#closeIfEmpty();
    });
  }

  async #closeIfEmpty(): Promise<void> {
    if (this.#files > 0) return;
    await this.#vault?.close();
    this.#vault = undefined;
  }

  /** Tasks run one after the other. If they overlapped, closing could remove the directory of a file being opened. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(task);
    this.#tail = turn.catch(() => undefined); // The caller gets the failure from the promise that it awaits.
    return turn;
  }
}
