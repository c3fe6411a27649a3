import type { Bytes, RoomId } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { NullroomError } from "../../../errors.ts";
import { formatFragment2 } from "../../../wire/invite.ts";

/** Holds the link secret S for as long as the link can be used. */
export class InviteSecret {
  readonly #bytes: Bytes;
  #held = true;

  /** Takes over `bytes`. */
  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** What the maker of a room shares: the fragment of the link, until the link is spent. */
  get fragment(): string | undefined {
    return this.#held ? formatFragment2(this.#bytes) : undefined;
  }

  /** The PSK of a handshake with PK = 0: a view that becomes zero with `wipe`. @throws "E_CHANNEL" once the link is spent */
  get psk(): Bytes {
    if (this.#held) return this.#bytes;
    throw new NullroomError("E_CHANNEL", "the link is spent");
  }

  wipe(): void {
    wipe(this.#bytes);
    this.#held = false;
  }
}

/** The room's UUID as the protocol takes it: 16 bytes. */
export function roomBytes(roomId: RoomId): Bytes {
  const digits = roomId.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
