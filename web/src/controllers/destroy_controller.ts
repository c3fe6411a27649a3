import { RoomPart } from "../room-context.ts";

/** Destroying a room asks for confirmation, because it ends the room for both people at once. */
export default class DestroyController extends RoomPart {
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
    await this.room.session?.destroy();
  }
}
