declare const brand: unique symbol;

/** A branded type is a `T` that only its own parser or maker may produce. It costs nothing at run time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** `Bytes` own their memory, so Web Crypto takes them and they can be zero-filled. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A UUID v4 in lower case, made by the server. */
export type RoomId = Brand<string, "RoomId">;

/** A connection id is 32 lower-case hex digits. It names one socket to the person at the other end of a room. */
export type ConnectionId = Brand<string, "ConnectionId">;

/** Seat 0 is who created the room (the initiator), seat 1 is who opened the link (the responder). */
export type Seat = 0 | 1;

export function otherSeat(seat: Seat): Seat {
  return seat === 0 ? 1 : 0;
}
