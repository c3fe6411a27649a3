import type { Bytes } from "../brand.ts";
import { wipe } from "./bytes.ts";

/**
 * The two secrets of a session that outlive its chains: `rk` keys the next re-key, `resume` a handshake after a lost
 * transport. Between learning a new epoch and seeing the other side in it a side holds two `resume`s.
 * spec/4-frames.md §6.
 */
export class Keyring {
  #rk: Bytes;
  #resumes: Bytes[];

  /** Takes over both. */
  constructor({ rk, resume }: { rk: Bytes; resume: Bytes }) {
    this.#rk = rk;
    this.#resumes = [resume];
  }

  /** Still this object's to wipe; `deriveEpoch` does so as well. */
  get rk(): Bytes {
    return this.#rk;
  }

  /** Newest first; one or two. */
  get resumes(): readonly Bytes[] {
    return this.#resumes;
  }

  /** The secrets of the epoch that begins, which it takes over. Old `resume`s stay until `keepNewest`. */
  renew({ rk, resume }: { rk: Bytes; resume: Bytes }): void {
    wipe(this.#rk);
    this.#rk = rk;
    this.#resumes.unshift(resume);
  }

  /**
   * A handshake that `used` has keyed is confirmed: its secrets come in, which this takes over. Of the old `resume`s
   * only the used one stays, until `keepNewest`: the other side may have to begin again from it.
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
