import { RoomPart } from "../room-context.ts";
import { rooms } from "../say/session.ts";

/** Copying happens only on a click, because what is copied may outlive the room in a clipboard history. */
export default class CopyController extends RoomPart {
  static override targets = ["source", "said"];
  declare readonly sourceTarget: HTMLElement;
  declare readonly saidTarget: HTMLElement;

  // Actions

  async source() {
    const { sourceTarget: source } = this;
    await this.#copy(source instanceof HTMLInputElement ? source.value : (source.textContent ?? ""));
    if (source instanceof HTMLInputElement) source.select();
  }

  /** The invite link is copied as it was opened: its fragment is no longer in the address bar. */
  async invite() {
    await this.#copy(`${location.href}#${this.room.invite ?? ""}`);
  }

  select({ target }: Event) {
    if (target instanceof HTMLInputElement) target.select();
  }

  // Private

  async #copy(text: string) {
    try {
      await navigator.clipboard.writeText(text);
      this.saidTarget.textContent = rooms.copied;
    } catch {
      this.saidTarget.textContent = rooms.copyByHand;
    }
  }
}
