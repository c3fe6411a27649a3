import type { Keyring } from "../../../crypto/keyring.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import type { NullroomError } from "../../../errors.ts";
import type { HeardFrame } from "../../../wire/frames.ts";
import type { ConnectStep } from "../../session.ts";
import type { ResumptionOptions } from "./resumption.ts";
import type { Secured } from "./secured.ts";

export type SecurePeerEvent =
  | { type: "step"; step: ConnectStep }
  /** Both HELLOs are out, for the first time or over a new connection. */
  | { type: "secured"; secured: Secured }
  | { type: "interrupted"; giveUpAt: number }
  /** The connection that was interrupted carries again. */
  | { type: "resumed" }
  /** A returned promise is waited for. */
  | { type: "ctl"; frame: HeardFrame }
  | { type: "marker" }
  /** A PING is to go out now. */
  | { type: "probe" }
  | { type: "goodbye" }
  | { type: "lost" }
  | { type: "failed"; error: NullroomError };

export type SecurePeerOptions = Omit<ResumptionOptions, "onEvent"> & {
  /** Owned from here on. */
  keyring: Keyring;
  words: SasIndices;
  /** Where fresh keys come from. */
  source: HandshakeSource;
  onEvent: (event: SecurePeerEvent) => void | Promise<void>;
};
