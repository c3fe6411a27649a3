import type { Fingerprints } from "../../../crypto/binding.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import type { NullroomError } from "../../../errors.ts";
import type { RekeyLimits } from "./rekey-limits.ts";
import type { SecureChannels } from "./secure-channels.ts";

export type RekeyOptions = {
  role: Role;
  channels: Pick<SecureChannels, "send" | "expectEpoch" | "beginEpoch" | "counts" | "onCounted" | "lanes">;
  fingerprints: Fingerprints;
  keyring: Keyring;
  source: HandshakeSource;
  signal: AbortSignal;
  limits?: RekeyLimits | undefined;
  onFailure: (error: NullroomError) => void;
};
