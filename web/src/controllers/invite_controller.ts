import { asNullroomError, type ErrorCode } from "@nullroom/core/errors";
import { joinRoom, pickProtocol } from "@nullroom/core/session";
import { roomIdFromPath } from "@nullroom/core/wire/invite";
import { RoomPart } from "../room-context.ts";
import { type ErrorText, errors, lacks } from "../say/errors.ts";
import { findLack, isInApp } from "../support.ts";

/** After one of these errors the link is as good as before: the person can change something and press again. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(["E_RELAY_NONE", "E_SERVER", "E_LIMIT"]);

/** The invitation to whoever opened a link. It sends nothing before the click. */
export default class InviteController extends RoomPart {
  static override targets = ["join", "hide", "inApp", "problem"];
  declare readonly joinTarget: HTMLButtonElement;
  declare readonly hideTarget: HTMLInputElement;
  declare readonly inAppTarget: HTMLElement;
  declare readonly problemTarget: HTMLElement;

  // Lifecycle

  override connect() {
    if (this.room.session) return; // Whoever made the room has no invitation to accept.
    const lack = findLack(globalThis);
    if (lack) return this.#refuse(lacks[lack]);
    if (!isComplete(this.room.invite)) return this.#refuse(errors.E_LINK_FORMAT);
    this.inAppTarget.hidden = !isInApp(navigator.userAgent);
  }

  // Actions

  async join() {
    this.joinTarget.disabled = true;
    this.problemTarget.hidden = true;
    try {
      const roomId = roomIdFromPath(location.pathname);
      const { platform, invite: fragment = "" } = this.room;
      const session = await joinRoom({ platform, roomId, fragment, hideAddress: this.hideTarget.checked });
      this.dispatch("accepted", { detail: session });
    } catch (thrown) {
      this.#joinFailed(asNullroomError(thrown, "E_SERVER", "joining failed").code);
    }
  }

  // Private

  #joinFailed(code: ErrorCode) {
    if (!RETRYABLE.has(code)) return this.#refuse(errors[code]);
    const { title, text } = errors[code];
    this.problemTarget.textContent = `${title}. ${text}`;
    this.problemTarget.hidden = false;
    this.joinTarget.disabled = false;
  }

  #refuse(detail: ErrorText) {
    this.dispatch("refused", { detail });
  }
}

function isComplete(fragment: string | undefined): boolean {
  try {
    pickProtocol(fragment ?? "");
    return true;
  } catch {
    return false; // E_LINK_FORMAT is the only error that it throws.
  }
}
