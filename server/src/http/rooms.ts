import { formatFeatures, formatRoomInfo, parseCreateRoom } from "@nullroom/core/wire/api";
import { isRoomId } from "@nullroom/core/wire/ids";
import type { Digest, NewRoom, RoomRules, RoomStore } from "../rooms/store.ts";
import { CREDENTIAL_MARGIN_MS, type IceProvider } from "../turn/provider.ts";
import { readJsonBody } from "./body.ts";
import { prefersJson } from "./negotiate.ts";
import { type Ctx, json, page, refuse } from "./reply.ts";

export type RoomsDeps = {
  store: RoomStore;
  ice: IceProvider;
  rules: RoomRules;
  classic: boolean;
  fileSizeLimit: number;
};

/** `POST /rooms`: a body with `v: 2` makes a room of protocol 2, and one without `v` a classic room. */
export function createRoom({ store, ice, rules, classic, fileSizeLimit }: RoomsDeps) {
  return async (c: Ctx): Promise<Response> => {
    const body = await readJsonBody(c);
    if ("refused" in body) return refuse(c, body.refused);
    const request = parseCreateRoom(body.json);
    if (request.protocol === "classic" && !classic) return refuse(c, "classic-off");
    const room: NewRoom =
      request.protocol === "2"
        ? { protocol: "2", admit: Buffer.from(request.admitHash).toString("hex") as Digest }
        : { protocol: "classic" };
    const roomId = await store.create(room);
    const iceServers = await ice.iceServers(rules.roomTtlMs + rules.sessionTtlMs + CREDENTIAL_MARGIN_MS);
    c.env.counters.add("rooms_created");
    const ttlSeconds = Math.floor(rules.roomTtlMs / 1000);
    return json(c, 201, formatRoomInfo({ roomId, iceServers, ttlSeconds, fileSizeLimit }));
  };
}

/**
 * `GET /rooms/:id`. The page is the same for every well-formed id and asks no store, so that link previews change and
 * learn nothing. A client that prefers JSON is a classic one, for which a room of protocol 2 does not exist.
 */
export function showRoom({ store, ice, classic, fileSizeLimit }: RoomsDeps) {
  return async (c: Ctx): Promise<Response> => {
    const id = c.req.param("id");
    const headers = { vary: "Accept, Accept-Encoding", "x-robots-tag": "noindex" };
    if (!isRoomId(id)) return refuse(c, "not-found", headers);
    if (!prefersJson(c.req.header("accept"))) return page(c, "rooms/room.html", 200, headers);
    const ttlMs = classic ? await store.classicTtl(id) : undefined;
    if (ttlMs === undefined) return refuse(c, "not-found", headers);
    const iceServers = await ice.iceServers(ttlMs + CREDENTIAL_MARGIN_MS);
    const ttlSeconds = Math.ceil(ttlMs / 1000);
    return json(c, 200, formatRoomInfo({ roomId: id, iceServers, ttlSeconds, fileSizeLimit }), headers);
  };
}

/**
 * `GET /features`: what this operator has switched on, which pages ask for because their bytes are the same everywhere.
 */
export function showFeatures({ ice, classic, fileSizeLimit }: RoomsDeps) {
  const features = formatFeatures({ classic, relay: ice.relays, codes: false, tokens: false, fileSizeLimit });
  return (c: Ctx): Response => json(c, 200, features);
}
