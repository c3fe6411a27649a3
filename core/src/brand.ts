declare const brand: unique symbol;

/** A `T` that only its own parser or maker may produce. Costs nothing at run time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Bytes that own their memory: what Web Crypto takes and what can be zero-filled. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A UUID v4 in lower case, made by the server. */
export type RoomId = Brand<string, "RoomId">;

/** 32 lower-case hex digits: names one socket to the person at the other end of a room. */
export type ConnectionId = Brand<string, "ConnectionId">;

/** 0 is who created the room (the initiator), 1 is who opened the link (the responder). */
export type Seat = 0 | 1;

export function otherSeat(seat: Seat): Seat {
  return seat === 0 ? 1 : 0;
}
