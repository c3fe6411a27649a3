import type { Bytes } from "../../../brand.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { NullroomError } from "../../../errors.ts";
import type { Platform } from "../../../platform.ts";
import type { HeardFrame } from "../../../wire/frames.ts";
import type { ConnectStep } from "../../session.ts";
import type { FileEngineClient } from "../engine/client.ts";
import type { Hello } from "./hello.ts";

export type SecureConnectionEvent =
  | { type: "step"; step: ConnectStep }
  /** Both HELLOs are out. */
  | { type: "secured"; hello: Hello }
  /** From here on, in order and waited for. */
  | { type: "ctl"; frame: HeardFrame }
  /** The other side's EPOCH on bulk. */
  | { type: "marker" }
  | { type: "connection"; state: RTCPeerConnectionState }
  /** The channels are closed. */
  | { type: "closed" }
  /** R asks for L1 or L2. */
  | { type: "asked"; level: 1 | 2 }
  /** L1: both sides have described themselves anew. */
  | { type: "restarted" }
  | { type: "goodbye" }
  | { type: "failed"; error: NullroomError };

export type SecureConnectionOptions = {
  platform: Platform;
  engine: FileEngineClient;
  /** As the server has said it last. */
  configuration: () => RTCConfiguration;
  role: Role;
  room: Bytes;
  /** Taken over. */
  secrets: { rec: Bytes; sealI: Bytes; sealR: Bytes };
  /**
   * The first of a session, which anything unfit ends. Those that repair one discard what does not fit: they have
   * been tried by a relay that may do so again, and a window bounds them.
   */
  isFirst: boolean;
  /** What this side says in HELLO, as of now. */
  hello: () => Omit<Hello, "type">;
  say: (blob: Bytes) => void;
  onEvent: (event: SecureConnectionEvent) => void | Promise<void>;
};
