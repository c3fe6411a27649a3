import { Part } from "../place.ts";

/** Asks once. */
export default class DestroyController extends Part {
  static override targets = ["dialog"];
  declare readonly dialogTarget: HTMLDialogElement;

  ask() {
    this.dialogTarget.showModal();
  }

  keep() {
    this.dialogTarget.close();
  }

  async confirm() {
    this.dialogTarget.close();
    await this.place.session?.destroy();
  }
}
