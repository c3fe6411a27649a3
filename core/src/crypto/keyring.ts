import type { Bytes } from "../brand.ts";
import { wipe } from "./bytes.ts";

/**
 * The keyring holds the two secrets of a session that outlive its chains: `rk` keys the next re-key, `resume` a handshake
 * after a lost transport. Between learning a new epoch and seeing the other side in it a side holds two `resume`s.
 * spec/4-frames.md §6.
 */
export class Keyring {
  #rk: Bytes;
  #resumes: Bytes[];

  /** Takes both secrets over. */
  constructor({ rk, resume }: { rk: Bytes; resume: Bytes }) {
    this.#rk = rk;
    this.#resumes = [resume];
  }

  /** Stays this object's to wipe, although `deriveEpoch` wipes it as well. */
  get rk(): Bytes {
    return this.#rk;
  }

  /** One or two secrets, the newest first. */
  get resumes(): readonly Bytes[] {
    return this.#resumes;
  }

  /** Take over the secrets of the epoch that begins. Old `resume`s stay until `keepNewest`. */
  renew({ rk, resume }: { rk: Bytes; resume: Bytes }): void {
    wipe(this.#rk);
    this.#rk = rk;
    this.#resumes.unshift(resume);
  }

  /**
   * Take over the secrets of a confirmed handshake that `used` has keyed. Of the old `resume`s only the used one stays,
   * until `keepNewest`, because the other side may have to begin again from it.
   */
  succeed(used: Bytes, { rk, resume }: { rk: Bytes; resume: Bytes }): void {
    wipe(...this.#resumes.filter((old) => old !== used));
    this.#resumes = this.#resumes.filter((old) => old === used);
    this.renew({ rk, resume });
  }

  keepNewest(): void {
    wipe(...this.#resumes.splice(1));
  }

  wipe(): void {
    wipe(this.#rk, ...this.#resumes);
  }
}
