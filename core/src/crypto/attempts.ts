import { NullroomError } from "../errors.ts";

/** An attempt that lets the other side know the safety words counts, however it ends: spec/3-session.md §4. */
export const MAX_ATTEMPTS = 3;

/** Counts the attempts of one page and room. Never reset while the room lives on its first pair. */
export class Attempts {
  #counted = 0;
  #seen = 0;

  /** The number of the running attempt for people, from 1. */
  get number(): number {
    return this.#seen;
  }

  get exhausted(): boolean {
    return this.#counted >= MAX_ATTEMPTS;
  }

  /** An attempt begins. @throws "E_HS_TAMPER" when three have counted */
  begin(): void {
    if (this.exhausted) throw new NullroomError("E_HS_TAMPER", "three attempts have failed");
    this.#seen += 1;
  }

  /** The running attempt has just sent the message after which it counts. */
  count(): void {
    this.#counted += 1;
  }
}
