import { BlockCipher, sealedSize } from "./blocks.ts";
import { SealedFile } from "./sealed-file.ts";
import { Vault } from "./vault.ts";

export type Opened = { readonly file: SealedFile; readonly remove: () => Promise<void> };

/** The vault exists while a file does: when the last one is gone, so is the directory. */
export class SharedVault {
  #vault: Vault | undefined;
  #files = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** @throws NullroomError "E_FILE_LIMIT" when the browser does not give this much room */
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

  /** Opening and closing overlap otherwise, and one would remove the other's directory. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(task);
    this.#tail = turn.catch(() => undefined); // Whoever asked has the failure.
    return turn;
  }
}
