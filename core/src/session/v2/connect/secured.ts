import type { Fingerprints } from "../../../crypto/binding.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import type { Rekey } from "../records/rekey.ts";
import type { Hello } from "./hello.ts";
import type { RecoveryDriver } from "./recovery/driver.ts";
import type { Transport } from "./transport.ts";

/** With lanes, ICE on this connection alone can no longer be restarted; a lane that ends is the end of all of it. */
export type LaneFate = Pick<RecoveryDriver, "setCanRestart" | "handle">;

/** What two who have met stand on: for the first time, or again with the same words and the same keyring. */
export type Secured = {
  transport: Transport;
  fingerprints: Fingerprints;
  words: SasIndices;
  hello: Hello;
  keyring: Keyring;
  /** What becomes of the connection with its lanes; absent where one of the two can have none. */
  lanes: LaneFate | undefined;
  /** Where the fresh keys of a re-key come from. */
  source: HandshakeSource;
  /** Ends with this transport. */
  signal: AbortSignal;
};

/** The connection that there is now, for those whose code comes with the first file. */
export type Connection = { readonly secured: Secured; readonly rekey: Rekey };
