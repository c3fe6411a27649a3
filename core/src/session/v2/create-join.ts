import type { RoomId } from "../../brand.ts";
import { deriveAdmission } from "../../crypto/admission.ts";
import { randomBytes } from "../../crypto/bytes.ts";
import { loadKem } from "../../crypto/kem-load.ts";
import { NullroomError } from "../../errors.ts";
import { LINK_SECRET_BYTES, parseFragment2 } from "../../wire/invite.ts";
import { getFeatures, postRoom } from "../room-api.ts";
import type { Session } from "../session.ts";
import { type V2Options, V2Session } from "./v2-session.ts";

type Begin = Pick<V2Options, "platform" | "hideAddress" | "rekey" | "openTransport"> & {
  signal: AbortSignal;
};

/** Make a protocol 2 room and wait in it. @throws "E_LIMIT", "E_SERVER", "E_RELAY_NONE" */
export async function createRoom2(begin: Begin): Promise<Session> {
  const { platform, signal } = begin;
  if (begin.hideAddress) await requireRelay(begin);
  const kem = loadKem(); // Early, so that the handshake need not wait for it.
  const secret = randomBytes(LINK_SECRET_BYTES);
  const { admit, admitHash } = await deriveAdmission(secret);
  const { roomId, ttlSeconds } = await postRoom({ protocol: "2", admitHash }, { platform, signal });
  const deadline = platform.now() + ttlSeconds * 1000;
  return new V2Session({ ...begin, roomId, seat: 0, secret, admit, kem, deadline });
}

/** Join the protocol 2 room that a link names. @throws "E_LINK_FORMAT" before any request, "E_RELAY_NONE" */
export async function joinRoom2(begin: Begin & { roomId: RoomId; fragment: string }): Promise<Session> {
  const { fragment, ...options } = begin;
  const secret = parseFragment2(fragment);
  if (begin.hideAddress) await requireRelay(begin);
  const kem = loadKem();
  const { admit } = await deriveAdmission(secret);
  return new V2Session({ ...options, seat: 1, secret, admit, kem });
}

async function requireRelay(fetching: Pick<Begin, "platform" | "signal">): Promise<void> {
  if ((await getFeatures(fetching)).relay) return;
  throw new NullroomError("E_RELAY_NONE", "this server has no relay");
}
