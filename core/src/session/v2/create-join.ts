import type { RoomId } from "../../brand.ts";
import { deriveAdmission } from "../../crypto/admission.ts";
import { randomBytes } from "../../crypto/bytes.ts";
import { loadKem } from "../../crypto/kem-load.ts";
import { NullroomError } from "../../errors.ts";
import type { Platform } from "../../platform.ts";
import { LINK_SECRET_BYTES, parseFragment2 } from "../../wire/invite.ts";
import { getFeatures, postRoom } from "../room-api.ts";
import type { Session } from "../session.ts";
import type { RekeyLimits } from "./records/rekey-limits.ts";
import { V2Session } from "./v2-session.ts";

type Begin = {
  platform: Platform;
  hideAddress: boolean;
  signal: AbortSignal;
  /** Where not as spec/4-frames.md §6 says. */
  rekey?: RekeyLimits | undefined;
};

/** Make a protocol 2 room and wait in it. @throws "E_LIMIT", "E_SERVER", "E_RELAY_NONE" */
export async function createRoom2({ platform, hideAddress, signal, rekey }: Begin): Promise<Session> {
  if (hideAddress) await requireRelay({ platform, signal });
  const kem = loadKem(); // Early, so that the handshake need not wait for it.
  const secret = randomBytes(LINK_SECRET_BYTES);
  const { admit, admitHash } = await deriveAdmission(secret);
  const room = await postRoom({ protocol: "2", admitHash }, { platform, signal });
  const deadline = platform.now() + room.ttlSeconds * 1000;
  const { roomId } = room;
  const options = { platform, roomId, secret, admit, kem, hideAddress, deadline, rekey, signal };
  return new V2Session({ ...options, seat: 0 });
}

/** Join the protocol 2 room that a link names. @throws "E_LINK_FORMAT" before any request, "E_RELAY_NONE" */
export async function joinRoom2({
  platform,
  hideAddress,
  signal,
  rekey,
  roomId,
  fragment,
}: Begin & { roomId: RoomId; fragment: string }): Promise<Session> {
  const secret = parseFragment2(fragment);
  if (hideAddress) await requireRelay({ platform, signal });
  const kem = loadKem();
  const { admit } = await deriveAdmission(secret);
  return new V2Session({ platform, roomId, seat: 1, secret, admit, kem, hideAddress, rekey, signal });
}

async function requireRelay(fetching: Pick<Begin, "platform" | "signal">): Promise<void> {
  if ((await getFeatures(fetching)).relay) return;
  throw new NullroomError("E_RELAY_NONE", "this server has no relay");
}
