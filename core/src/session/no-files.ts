import { NullroomError } from "../errors.ts";
import type { SessionFiles } from "./session.ts";

const nothing = () => undefined;

/** Files of a session that has no conversation, not yet or not any more. */
export const NO_FILES: SessionFiles = {
  offer() {
    throw new NullroomError("E_CHANNEL", "there is no conversation");
  },
  accept: nothing,
  decline: nothing,
  cancel: nothing,
  pause: nothing,
  resume: nothing,
};
