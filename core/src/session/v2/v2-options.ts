import type { Bytes, RoomId, Seat } from "../../brand.ts";
import type { Kem } from "../../crypto/kem.ts";
import type { Platform } from "../../platform.ts";
import type { SessionState } from "../session.ts";
import type { RekeyLimits } from "./records/rekey-limits.ts";

export type V2Options = {
  platform: Platform;
  roomId: RoomId;
  seat: Seat;
  /** The link secret S. Owned by the session from here on: it zeroes it, and `admit`. */
  secret: Bytes;
  admit: Bytes;
  kem: Promise<Kem>;
  hideAddress: boolean;
  /** Known to who made the room; who joins hears it from the server. */
  deadline?: number;
  /** When to re-key, where not as spec/4-frames.md §6 says. */
  rekey?: RekeyLimits | undefined;
  signal?: AbortSignal;
};

/** Who made the room waits in it at once; who joins has yet to be let in. */
export function firstState(deadline: number | undefined): SessionState {
  return deadline === undefined
    ? { phase: "connecting", step: "joining", attempt: 1 }
    : { phase: "waiting", deadline };
}
