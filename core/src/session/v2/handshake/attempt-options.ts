import type { Bytes } from "../../../brand.ts";
import type { PskKind, Role } from "../../../crypto/keys.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import type { SessionSecrets } from "../../../crypto/schedule.ts";
import type { HandshakeSeal } from "../../../crypto/seal.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import type { NullroomError } from "../../../errors.ts";

export type AttemptEvent =
  /** The other side can know the words from here on: it has answered. */
  | { type: "counts" }
  /** Both have proved themselves; the secrets are the listener's now. */
  | { type: "authenticated"; secrets: SessionSecrets; words: SasIndices }
  | { type: "failed"; error: NullroomError };

export type AttemptOptions = {
  role: Role;
  /** `psk` is copied. */
  setup: { psk: Bytes; kind: PskKind; room: Bytes };
  seal: HandshakeSeal;
  source: HandshakeSource;
  say: (blob: Bytes) => void;
  /** The other side has proved itself, and nothing has been said about it yet. What this throws is a failure. */
  onProof?: () => void;
  /** A returned promise is waited for. */
  onEvent: (event: AttemptEvent) => void | Promise<void>;
};
