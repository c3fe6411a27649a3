import type { RoomId } from "../brand.ts";
import { asRefusal, isRefusalCode, NullroomError, REFUSALS } from "../errors.ts";
import type { Platform } from "../platform.ts";
import {
  type CreateRoom,
  type Features,
  formatCreateRoom,
  parseFeatures,
  parseRoomInfo,
  type RoomInfo,
} from "../wire/api.ts";
import type { IceServer } from "../wire/room-messages.ts";

/** What a request needs. Every function for the server's few HTTP routes rejects with NullroomError only. */
type Fetching = { platform: Pick<Platform, "fetch">; signal: AbortSignal };

export async function postRoom(request: CreateRoom, fetching: Fetching): Promise<RoomInfo> {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return parseRoomInfo(
    await ask("rooms", { method: "POST", headers, body: formatCreateRoom(request) }, fetching),
  );
}

/** Ask for a classic room. @throws "E_ROOM" where there is none */
export async function getRoom(roomId: RoomId, fetching: Fetching): Promise<RoomInfo> {
  return parseRoomInfo(await ask(`rooms/${roomId}`, { headers: { Accept: "application/json" } }, fetching));
}

/** Ask what this operator switched on. */
export async function getFeatures(fetching: Fetching): Promise<Features> {
  return parseFeatures(await ask("features", { headers: { Accept: "application/json" } }, fetching));
}

async function ask(path: string, init: RequestInit, { platform, signal }: Fetching): Promise<unknown> {
  const response = await attempt(() => platform.fetch(path, { ...init, signal, cache: "no-store" }));
  if (response.ok) return attempt(() => response.json());
  const body: unknown = await response.json().catch(() => undefined); // because a proxy's error page is no JSON
  const code = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  if (isRefusalCode(code)) throw new NullroomError(REFUSALS[code], `the server refused: ${code}`);
  if (response.status === 404) throw new NullroomError("E_ROOM", "no such room");
  if (response.status === 429) throw new NullroomError("E_LIMIT", "too many requests");
  throw new NullroomError("E_SERVER", `the server answered ${response.status}`);
}

async function attempt<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (thrown) {
    throw asRefusal(thrown, "E_SERVER", "the server cannot be reached");
  }
}

/** The configuration of a connection. @throws "E_RELAY_NONE" where an address is to be hidden and there is no relay */
export function rtcConfiguration(iceServers: IceServer[], hideAddress: boolean): RTCConfiguration {
  if (!hideAddress) return { iceServers };
  if (!iceServers.some(({ urls }) => urls.some((url) => url.startsWith("turn")))) {
    throw new NullroomError("E_RELAY_NONE", "this server has no relay");
  }
  return { iceServers, iceTransportPolicy: "relay" };
}
