import type { Bytes, RoomId } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { parseRoomId } from "./ids.ts";
import { readBoolean, readBytes, readInteger, readObject, toBase64Url } from "./read.ts";
import { type IceServer, readIceServers } from "./room-messages.ts";

/** The HTTP bodies of spec/1-rooms.md. */

/** `POST /rooms`: a body without `v` makes a classic room. */
export type CreateRoom = { protocol: "classic" } | { protocol: "2"; admitHash: Bytes };

/** `H(admit)`, all that the server ever holds of a link. */
const ADMIT_HASH_BYTES = 32;

/** @throws "E_MALFORMED" */
export function parseCreateRoom(value: unknown): CreateRoom {
  const fields = readObject(value ?? {}, "body");
  if (fields.v === undefined) return { protocol: "classic" };
  if (fields.v !== 2) throw new NullroomError("E_MALFORMED", "unknown version");
  return { protocol: "2", admitHash: readBytes(fields, "admit", ADMIT_HASH_BYTES) };
}

export function formatCreateRoom(request: CreateRoom): string {
  return request.protocol === "2" ? JSON.stringify({ v: 2, admit: toBase64Url(request.admitHash) }) : "{}";
}

/** The answer to making a room, and to asking for a classic one. */
export type RoomInfo = { roomId: RoomId; iceServers: IceServer[]; ttlSeconds: number; fileSizeLimit: number };

/** @throws "E_MALFORMED" */
export function parseRoomInfo(value: unknown): RoomInfo {
  const fields = readObject(value, "room");
  return {
    roomId: parseRoomId(fields.room_id),
    iceServers: readIceServers(fields.ice_servers),
    ttlSeconds: readInteger(fields, "ttl_seconds"),
    fileSizeLimit: readInteger(fields, "file_size_limit"),
  };
}

export function formatRoomInfo(info: RoomInfo): string {
  return JSON.stringify({
    room_id: info.roomId,
    ice_servers: info.iceServers,
    turn_servers: info.iceServers, // The name that existing clients read.
    ttl_seconds: info.ttlSeconds,
    file_size_limit: info.fileSizeLimit,
  });
}

/** What this operator switched on. Pages are the same bytes on every server, so they have to ask. */
export type Features = {
  classic: boolean;
  relay: boolean;
  codes: boolean;
  tokens: boolean;
  fileSizeLimit: number;
};

/** @throws "E_MALFORMED" */
export function parseFeatures(value: unknown): Features {
  const fields = readObject(value, "features");
  return {
    classic: readBoolean(fields, "classic"),
    relay: readBoolean(fields, "relay"),
    codes: readBoolean(fields, "codes"),
    tokens: readBoolean(fields, "tokens"),
    fileSizeLimit: readInteger(fields, "file_size_limit"),
  };
}

export function formatFeatures(features: Features): string {
  const { classic, relay, codes, tokens, fileSizeLimit } = features;
  return JSON.stringify({ classic, relay, codes, tokens, file_size_limit: fileSizeLimit });
}
