import type { Binding } from "../../../crypto/binding.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import type { SecureChannels } from "../records/secure-channels.ts";
import type { Hello } from "./hello.ts";
import type { RecoveryDriver } from "./recovery/driver.ts";
import type { Transport } from "./transport.ts";

/** What two stand on once both HELLOs are out: for the first time, or again with the same words and the same keyring. */
export type Secured = {
  role: Role;
  transport: Transport;
  channels: SecureChannels;
  /** The transport's, to which the chains of every epoch are bound. */
  binding: Binding;
  words: SasIndices;
  /** The other side's. */
  hello: Hello;
  keyring: Keyring;
  /** Where the fresh keys of a re-key come from. */
  source: HandshakeSource;
  /** Who decides what becomes of a connection that does not answer, or has lost a lane. */
  recovery: Pick<RecoveryDriver, "handle" | "setCanRestart">;
  /** Both sides can carry files over more connections. */
  canHaveLanes: boolean;
  /** Ends with this transport. */
  signal: AbortSignal;
};
