import type { Bytes, ConnectionId, RoomId, Seat } from "../brand.ts";
import { isRefusalCode, NullroomError, type RefusalCode } from "../errors.ts";
import { parseConnectionId, parseRoomId } from "./ids.ts";
import {
  type JsonObject,
  parseJson,
  readBoolean,
  readBytes,
  readInteger,
  readObject,
  readString,
  toBase64Url,
} from "./read.ts";

/**
 * What travels inside ActionCable's envelope on `RoomsChannel`, both protocols. The tag is `type` from the
 * server and `action` from the client. See spec/2-signaling.md §2 (classic) and §3 (protocol 2).
 */
export type Protocol = "2" | "classic";

export type RoomsIdentifier = { protocol: Protocol; roomId: RoomId };

/** @throws "E_MALFORMED", for another channel too */
export function parseIdentifier(identifier: string): RoomsIdentifier {
  const fields = readObject(parseJson(identifier, "identifier"), "identifier");
  if (fields.channel !== "RoomsChannel") throw new NullroomError("E_MALFORMED", "unknown channel");
  if (fields.v !== undefined && fields.v !== 2) throw new NullroomError("E_MALFORMED", "unknown version");
  return { protocol: fields.v === 2 ? "2" : "classic", roomId: parseRoomId(fields.room_id) };
}

export function formatIdentifier({ protocol, roomId }: RoomsIdentifier): string {
  const fields = { channel: "RoomsChannel", room_id: roomId };
  return JSON.stringify(protocol === "2" ? { ...fields, v: 2 } : fields);
}

/** An ICE server as `RTCPeerConnection` takes it. Only these three fields are ever passed on. */
export type IceServer = { urls: string[]; username?: string; credential?: string };

export type LeaveReason = "left" | "gone" | "destroyed";

export type ClassicInit = {
  type: "init";
  initiator: boolean;
  connectionId: ConnectionId;
  ttlMs: number;
  fileSharing: boolean;
  fileSizeLimit: number;
};

export type SeatInit = ClassicInit & {
  seat: Seat;
  /** 16 bytes that take the seat again after a lost socket. The store keeps only their hash. */
  seatToken: Bytes;
  /** How long a conversation may last once established. */
  sessionMs: number;
  iceServers: IceServer[];
  /** The operator lets a link be used again while the room lives. */
  rejoin: boolean;
};

/** Server → client. `connectionId` is one's own in `init`, the other's everywhere else. */
export type FromServer =
  | ClassicInit
  | SeatInit
  | { type: "peer_ready" }
  | { type: "peer_back" }
  | { type: "peer_left"; connectionId: ConnectionId; reason?: LeaveReason }
  | { type: "signal"; data: unknown; connectionId: ConnectionId }
  | { type: "intruder" }
  | { type: "refused"; code: RefusalCode }
  | { type: "file_transfer_authorized" }
  | { type: "file_transfer_error"; error: string };

/** Client → server. */
export type ToServer =
  | { action: "send_signal"; data: unknown }
  | { action: "initiate_file_transfer"; fileSize: number }
  | { action: "join"; admit: Bytes; seat?: Seat }
  | { action: "resume"; seatToken: Bytes }
  | { action: "established" }
  | { action: "evict" }
  | { action: "destroy" };

const ADMIT_BYTES = 32;
export const SEAT_TOKEN_BYTES = 16;

/** @throws "E_MALFORMED" */
export function parseToServer(data: string): ToServer {
  const fields = readObject(parseJson(data, "action"), "action");
  const action = readString(fields, "action");
  switch (action) {
    case "send_signal":
      if (fields.data === undefined) throw new NullroomError("E_MALFORMED", "signal without data");
      return { action, data: fields.data };
    case "initiate_file_transfer": {
      const metadata = readObject(fields.metadata, "metadata");
      return { action, fileSize: readInteger(metadata, "file_size") };
    }
    case "join": {
      const admit = readBytes(fields, "admit", ADMIT_BYTES);
      return fields.seat === undefined ? { action, admit } : { action, admit, seat: readSeat(fields) };
    }
    case "resume":
      return { action, seatToken: readBytes(fields, "seat_token", SEAT_TOKEN_BYTES) };
    case "established":
    case "evict":
    case "destroy":
      return { action };
    default:
      throw new NullroomError("E_MALFORMED", "unknown action");
  }
}

export function formatToServer(message: ToServer): string {
  switch (message.action) {
    case "send_signal":
      return JSON.stringify({ action: message.action, data: message.data });
    case "initiate_file_transfer":
      // The server compares the size only, so it is not told the name.
      return JSON.stringify({
        action: message.action,
        metadata: { file_name: "file", file_size: message.fileSize },
      });
    case "join":
      return JSON.stringify({ action: "join", admit: toBase64Url(message.admit), seat: message.seat });
    case "resume":
      return JSON.stringify({ action: "resume", seat_token: toBase64Url(message.seatToken) });
    default:
      return JSON.stringify({ action: message.action });
  }
}

/** Unknown types are refused, and the caller closes. @throws "E_MALFORMED" */
export function parseFromServer(value: unknown): FromServer {
  const fields = readObject(value, "message");
  const type = readString(fields, "type");
  switch (type) {
    case "init":
      return parseInit(fields);
    case "peer_ready":
    case "peer_back":
    case "intruder":
    case "file_transfer_authorized":
      return { type };
    case "peer_left":
      return parsePeerLeft(fields);
    case "signal":
      return { type, data: fields.data, connectionId: parseConnectionId(fields.connection_id) };
    case "refused":
      if (!isRefusalCode(fields.code)) throw new NullroomError("E_MALFORMED", "unknown refusal");
      return { type, code: fields.code };
    case "file_transfer_error":
      return { type, error: readString(fields, "error") };
    default:
      throw new NullroomError("E_MALFORMED", "unknown message type");
  }
}

/** The JSON of one message, ready for `formatMessage`. */
export function formatFromServer(message: FromServer): string {
  switch (message.type) {
    case "init":
      return JSON.stringify(formatInit(message));
    case "peer_left":
      return JSON.stringify({
        type: message.type,
        connection_id: message.connectionId,
        reason: message.reason,
      });
    case "signal":
      // This is what a server says most, so it is put together by hand; the id is 32 hex digits and needs no escape.
      return `{"type":"signal","data":${JSON.stringify(message.data)},"connection_id":"${message.connectionId}"}`;
    default:
      return JSON.stringify(message);
  }
}

function parseInit(fields: JsonObject): ClassicInit | SeatInit {
  const init: ClassicInit = {
    type: "init",
    initiator: readBoolean(fields, "initiator"),
    connectionId: parseConnectionId(fields.connection_id),
    ttlMs: readInteger(fields, "ttl_ms"),
    fileSharing: readBoolean(fields, "file_sharing"),
    fileSizeLimit: readInteger(fields, "file_size_limit"),
  };
  if (fields.seat === undefined) return init;
  return {
    ...init,
    seat: readSeat(fields),
    seatToken: readBytes(fields, "seat_token", SEAT_TOKEN_BYTES),
    sessionMs: readInteger(fields, "session_ms"),
    iceServers: readIceServers(fields.ice_servers),
    rejoin: readBoolean(fields, "rejoin"),
  };
}

function formatInit(init: ClassicInit | SeatInit): JsonObject {
  const fields = {
    type: "init",
    initiator: init.initiator,
    connection_id: init.connectionId,
    ttl_ms: init.ttlMs,
    file_sharing: init.fileSharing,
    file_size_limit: init.fileSizeLimit,
  };
  if (!("seat" in init)) return fields;
  return {
    ...fields,
    seat: init.seat,
    seat_token: toBase64Url(init.seatToken),
    session_ms: init.sessionMs,
    ice_servers: init.iceServers,
    rejoin: init.rejoin,
  };
}

function parsePeerLeft(fields: JsonObject): FromServer {
  const connectionId = parseConnectionId(fields.connection_id);
  const { reason } = fields;
  if (reason === undefined) return { type: "peer_left", connectionId };
  if (reason === "left" || reason === "gone" || reason === "destroyed") {
    return { type: "peer_left", connectionId, reason };
  }
  throw new NullroomError("E_MALFORMED", "unknown reason for leaving");
}

function readSeat(fields: JsonObject): Seat {
  return readInteger(fields, "seat", { max: 1 }) as Seat;
}

/** Keep the three fields that count; `url` (the legacy name) breaks iOS. @throws "E_MALFORMED" */
export function readIceServers(value: unknown): IceServer[] {
  if (!Array.isArray(value) || value.length > 16)
    throw new NullroomError("E_MALFORMED", "no list of ICE servers");
  return value.map((entry) => {
    const fields = readObject(entry, "ICE server");
    const urls = Array.isArray(fields.urls) ? fields.urls : [fields.urls];
    if (!urls.every((url): url is string => typeof url === "string" && /^(stun|turn)s?:/.test(url))) {
      throw new NullroomError("E_MALFORMED", "ICE server without usable urls");
    }
    const server: IceServer = { urls };
    if (fields.username !== undefined) server.username = readString(fields, "username");
    if (fields.credential !== undefined) server.credential = readString(fields, "credential");
    return server;
  });
}
