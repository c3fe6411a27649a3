import type { RoomStore } from "../rooms/store.ts";
import { type Ctx, json } from "./reply.ts";

/** `GET /up`, in the words that existing monitors know. The server is healthy only if its store takes a write. */
export function showHealth(store: RoomStore) {
  return async (c: Ctx): Promise<Response> => {
    try {
      await store.ping();
    } catch (error) {
      c.env.counters.error(error);
      return json(c, 500, '{"status":"error"}');
    }
    return json(c, 200, '{"status":"ok"}');
  };
}
