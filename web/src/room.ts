import { asNullroomError } from "@nullroom/core/errors";
import { createRoom } from "@nullroom/core/session";
import AttentionController from "./controllers/attention_controller.ts";
import AwakeController from "./controllers/awake_controller.ts";
import ChooseController from "./controllers/choose_controller.ts";
import ComposerController from "./controllers/composer_controller.ts";
import CopyController from "./controllers/copy_controller.ts";
import CountdownController from "./controllers/countdown_controller.ts";
import DestroyController from "./controllers/destroy_controller.ts";
import DropController from "./controllers/drop_controller.ts";
import EndedController from "./controllers/ended_controller.ts";
import FilesController from "./controllers/files_controller.ts";
import InviteController from "./controllers/invite_controller.ts";
import LogController from "./controllers/log_controller.ts";
import NoticeController from "./controllers/notice_controller.ts";
import RetryingController from "./controllers/retrying_controller.ts";
import RoomController from "./controllers/room_controller.ts";
import ShareController from "./controllers/share_controller.ts";
import StatusController from "./controllers/status_controller.ts";
import StepsController from "./controllers/steps_controller.ts";
import WordsController from "./controllers/words_controller.ts";
import { removeOrphanedFiles } from "./orphaned-files.ts";
import { browserPlatform } from "./platform.ts";
import { RoomApplication, type RoomContext } from "./room-context.ts";
import { type ErrorText, errors } from "./say/errors.ts";
import { showIcon, showRoom } from "./views/page.ts";

const controllers = {
  attention: AttentionController,
  awake: AwakeController,
  choose: ChooseController,
  composer: ComposerController,
  copy: CopyController,
  countdown: CountdownController,
  destroy: DestroyController,
  drop: DropController,
  ended: EndedController,
  files: FilesController,
  invite: InviteController,
  log: LogController,
  notice: NoticeController,
  retrying: RetryingController,
  room: RoomController,
  share: ShareController,
  status: StatusController,
  steps: StepsController,
  words: WordsController,
};

/**
 * Create a room. This very document becomes its page, because nothing may carry the key from one document to another.
 * @returns what to say where the room could not be created
 */
export async function create(base: URL, options: { hideAddress: boolean }): Promise<ErrorText | undefined> {
  const context = newContext(base);
  try {
    context.session = await createRoom({ ...options, platform: context.platform, protocol: "2" });
  } catch (thrown) {
    return errors[asNullroomError(thrown, "E_SERVER", "the room could not be made").code];
  }
  showIcon("icon.svg", base);
  // When the address changes the browser fetches the icon again, so the icon's own address must be absolute.
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  icon?.setAttribute("href", icon.href);
  history.replaceState(null, "", new URL(`rooms/${context.session.roomId}`, base));
  await start(context);
  return undefined;
}

/** Show the invitation. Nothing is sent before the person joins. */
export async function openInvite(base: URL, invite: string | undefined): Promise<void> {
  const context = newContext(base);
  context.invite = invite;
  await start(context);
}

function newContext(base: URL): RoomContext {
  return { base, platform: browserPlatform(base), session: undefined, invite: undefined, ending: undefined };
}

async function start(context: RoomContext): Promise<void> {
  const application = new RoomApplication(context);
  for (const [name, controller] of Object.entries(controllers)) application.register(name, controller);
  showRoom();
  // A file that cannot be removed now is unreadable, because its key is gone. The next start tries again.
  removeOrphanedFiles(navigator).catch(() => undefined);
  await application.start();
}
