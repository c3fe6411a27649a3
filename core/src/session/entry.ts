import type { RoomId } from "../brand.ts";
import { makeLinkKey, parseFragment } from "../classic/invite.ts";
import { asRefusal, NullroomError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { claimsProtocol2, parseFragment2 } from "../wire/invite.ts";
import type { Protocol } from "../wire/room-messages.ts";
import { getFeatures, getRoom, postRoom, rtcConfiguration } from "./room-api.ts";
import type { Session } from "./session.ts";

/**
 * A session begins in one of two ways, and only here a protocol is picked: the invite's fragment decides it, nothing
 * negotiates and nothing falls back. Only this file imports `classic/`.
 */
export type * from "./session.ts";

export type RoomOptions = {
  platform: Platform;
  /** Connect through a relay only, so that the other side never sees this network's address. */
  hideAddress: boolean;
  /** When it aborts, the session is wiped as `page-gone`. */
  signal?: AbortSignal;
};

export type CreateOptions = RoomOptions & { protocol: Protocol };
export type JoinOptions = RoomOptions & { roomId: RoomId; fragment: string };

/** Which protocol an invite speaks, before anything is sent anywhere. @throws "E_LINK_FORMAT" */
export function pickProtocol(fragment: string): Protocol {
  if (claimsProtocol2(fragment)) {
    parseFragment2(fragment).fill(0);
    return "2";
  }
  parseFragment(fragment).fill(0);
  return "classic";
}

/**
 * Make a room and wait in it. Failures before there is a session reject; later ones are the session's state `ended`.
 * @throws "E_LIMIT", "E_SERVER", "E_LINK_V1_OFF", "E_RELAY_NONE"
 */
export async function createRoom(options: CreateOptions): Promise<Session> {
  const { platform, hideAddress, protocol } = options;
  const signal = options.signal ?? new AbortController().signal;
  if (protocol === "2") {
    const { createRoom2 } = await loaded(import("./v2/create-join.ts"));
    return createRoom2({ platform, hideAddress, signal });
  }
  const fetching = { platform, signal };
  if (hideAddress && !(await getFeatures(fetching)).relay) throw noRelay();
  const [{ ClassicSession }, room] = await Promise.all([
    loaded(import("../classic/classic-session.ts")),
    postRoom({ protocol: "classic" }, fetching),
  ]);
  return new ClassicSession({
    platform,
    roomId: room.roomId,
    linkKey: makeLinkKey(),
    configuration: rtcConfiguration(room.iceServers, hideAddress),
    deadline: platform.now() + room.ttlSeconds * 1000,
    signal,
  });
}

/**
 * Join the room that an invite names. Nothing is sent anywhere before this call.
 * @throws "E_LINK_FORMAT" before any request; "E_LINK_V1_OFF", "E_ROOM", "E_RELAY_NONE", "E_SERVER"
 */
export async function joinRoom(options: JoinOptions): Promise<Session> {
  const { platform, hideAddress, roomId, fragment } = options;
  const signal = options.signal ?? new AbortController().signal;
  if (pickProtocol(fragment) === "2") {
    const { joinRoom2 } = await loaded(import("./v2/create-join.ts"));
    return joinRoom2({ platform, hideAddress, signal, roomId, fragment });
  }
  const fetching = { platform, signal };
  const features = await getFeatures(fetching);
  if (!features.classic) throw new NullroomError("E_LINK_V1_OFF", "classic links are switched off here");
  if (hideAddress && !features.relay) throw noRelay();
  const [{ ClassicSession }, room] = await Promise.all([
    loaded(import("../classic/classic-session.ts")),
    getRoom(roomId, fetching),
  ]);
  const configuration = rtcConfiguration(room.iceServers, hideAddress);
  return new ClassicSession({ platform, roomId, linkKey: parseFragment(fragment), configuration, signal });
}

function noRelay(): NullroomError {
  return new NullroomError("E_RELAY_NONE", "this server has no relay");
}

/** Wait for code that is fetched only now. @throws "E_SERVER" where the server does not hand it out */
async function loaded<T>(code: Promise<T>): Promise<T> {
  try {
    return await code;
  } catch (thrown) {
    throw asRefusal(thrown, "E_SERVER", "the code of the protocol cannot be fetched");
  }
}
