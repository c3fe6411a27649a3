import type { Bytes } from "../../../brand.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { hash } from "../../../crypto/keys.ts";
import { NullroomError } from "../../../errors.ts";
import type { PeerConnection } from "../../../platform.ts";

/** The certificate at the other end is the one that its description named. @throws "E_FP_MISMATCH" */
export async function verifyCertificate(pc: PeerConnection, fingerprint: Bytes | undefined): Promise<void> {
  const transport = pc.sctp?.transport;
  // Where the runtime does not show it, its own check against the description stands (RFC 8827).
  if (typeof transport?.getRemoteCertificates !== "function") return;
  const [certificate] = transport.getRemoteCertificates();
  if (certificate === undefined || certificate.byteLength === 0) return; // Node's library shows an empty one.
  const actual = await hash(new Uint8Array(certificate));
  if (fingerprint === undefined || !equalBytes(actual, fingerprint)) {
    throw new NullroomError("E_FP_MISMATCH", "another certificate than the description's");
  }
}
