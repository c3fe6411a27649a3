import { NullroomError } from "@nullroom/core/errors";
import { HANDSHAKE_BLOB_BYTES } from "@nullroom/core/limits";
import { readObject, readString } from "@nullroom/core/wire/read";
import type { Digest, RoomStore } from "../rooms/store.ts";
import { readJsonBody } from "./body.ts";
import { type Ctx, json, refuse } from "./reply.ts";

/** The spoken codes of classic: a blob is kept under the hash of a phrase for minutes, and handed out once. */

export type HandshakesDeps = { store: RoomStore; classic: boolean };

const IDENTIFIER = /^[0-9a-f]{64}$/;
/** The status that existing clients know for a malformed blob or identifier. */
const UNPROCESSABLE = 422;

export function publishHandshake({ store, classic }: HandshakesDeps) {
  return async (c: Ctx): Promise<Response> => {
    if (!classic) return refuse(c, "not-found");
    const body = await readJsonBody(c);
    if ("refused" in body) return refuse(c, body.refused);
    const identifier = c.req.param("identifier") ?? "";
    const blob = readBlob(body.json);
    if (!IDENTIFIER.test(identifier) || blob === undefined) {
      c.env.counters.add("http_refused");
      return json(c, UNPROCESSABLE, JSON.stringify({ error: "bad-request" }));
    }
    const stored = await store.putHandshake(identifier as Digest, blob);
    return stored ? json(c, 201, "{}") : refuse(c, "conflict");
  };
}

export function takeHandshake({ store, classic }: HandshakesDeps) {
  return async (c: Ctx): Promise<Response> => {
    const identifier = c.req.param("identifier") ?? "";
    if (!classic || !IDENTIFIER.test(identifier)) return refuse(c, "not-found");
    const blob = await store.takeHandshake(identifier as Digest);
    return blob === undefined ? refuse(c, "not-found") : json(c, 200, JSON.stringify({ blob }));
  };
}

function readBlob(value: unknown): string | undefined {
  try {
    const blob = readString(readObject(value, "body"), "blob");
    return blob !== "" && Buffer.byteLength(blob) <= HANDSHAKE_BLOB_BYTES ? blob : undefined;
  } catch (error) {
    if (error instanceof NullroomError) return undefined;
    throw error;
  }
}
