import type { Bytes } from "../brand.ts";
import { type ErrorCode, NullroomError } from "../errors.ts";

/** Big-endian integers and byte strings, as spec/README.md writes them. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u16(value: number): Bytes {
  return Uint8Array.of(value >>> 8, value);
}

export function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Eight bytes. This protocol counts no further than 2^53 − 1, up to which numbers are exact. */
export function u64(value: number): Bytes {
  return concat(u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32));
}

export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A chat text is shown exactly as written, so a leading BOM is kept and not swallowed. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws `code` for bytes that are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array, code: ErrorCode): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new NullroomError(code, "not UTF-8", { cause });
  }
}

export function encodeUtf8(text: string): Bytes {
  return Uint8Array.from(new TextEncoder().encode(text));
}

/** A byte reader reads a message front to back and returns views into it. Missing and surplus bytes throw `code`. */
export class ByteReader {
  readonly #bytes: Bytes;
  readonly #code: ErrorCode;
  #at = 0;

  constructor(bytes: Bytes, code: ErrorCode) {
    this.#bytes = bytes;
    this.#code = code;
  }

  take(length: number): Bytes {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new NullroomError(this.#code, "too short");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  rest(): Bytes {
    return this.take(this.left);
  }

  u8(): number {
    const [value = 0] = this.take(1);
    return value;
  }

  u16(): number {
    return this.u8() * 2 ** 8 + this.u8();
  }

  u32(): number {
    return this.u16() * 2 ** 16 + this.u16();
  }

  /** Refuses above 2^53 − 1, where a number would no longer be exact. */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (!Number.isSafeInteger(value)) throw new NullroomError(this.#code, "number out of range");
    return value;
  }

  /** Bytes that nobody has read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new NullroomError(this.#code, "trailing bytes");
  }
}
