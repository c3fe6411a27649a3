import type { ConnectionId, RoomId } from "../brand.ts";
import { NullroomError } from "../errors.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CONNECTION_ID = /^[0-9a-f]{32}$/;

export function isRoomId(value: unknown): value is RoomId {
  return typeof value === "string" && UUID_V4.test(value);
}

/** @throws "E_MALFORMED" */
export function parseRoomId(value: unknown): RoomId {
  if (isRoomId(value)) return value;
  throw new NullroomError("E_MALFORMED", "room_id is not a lower-case UUID v4");
}

/** @throws "E_MALFORMED" */
export function parseConnectionId(value: unknown): ConnectionId {
  if (typeof value === "string" && CONNECTION_ID.test(value)) return value as ConnectionId;
  throw new NullroomError("E_MALFORMED", "connection_id is not 32 hex digits");
}
