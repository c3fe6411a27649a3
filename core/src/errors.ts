/**
 * Error codes name every way in which this program can fail a person, once. Faces (the pages, the terminal) map each
 * code to words with a `Record<ErrorCode, …>`, so a new code does not compile until all of them can say it.
 * The table is spec/README.md, "Errors".
 */
export type ErrorCode =
  // What a person holds.
  | "E_LINK_FORMAT"
  | "E_LINK_V1_OFF"
  // What the server refuses.
  | "E_ROOM"
  | "E_FULL"
  | "E_ROLE"
  | "E_EVICTED"
  | "E_SEAT_TAKEN_OVER"
  | "E_LEASE_OVER"
  | "E_LIMIT"
  | "E_SERVER"
  // What arrives and cannot be read.
  | "E_MALFORMED"
  | "E_VERSION"
  // The handshake.
  | "E_SEAL"
  | "E_SIGNAL_SEQ"
  | "E_HS_TIMEOUT"
  | "E_HS_COMMIT"
  | "E_HS_DH"
  | "E_HS_KEM"
  | "E_HS_CONFIRM"
  | "E_HS_TAMPER"
  | "E_SDP_POLICY"
  | "E_FP_MISMATCH"
  | "E_CHANNEL"
  // Records.
  | "E_RECORD_AUTH"
  | "E_RECORD_SEQ"
  | "E_RECORD_EPOCH"
  | "E_RECORD_PAD"
  | "E_RECORD_TYPE"
  | "E_RECORD_UTF8"
  | "E_REKEY"
  // Files.
  | "E_FILE_CREDIT"
  | "E_FILE_OFFSET"
  | "E_FILE_SIZE"
  | "E_FILE_HASH"
  | "E_FILE_LIMIT"
  | "E_FILE_NAME"
  | "E_FILE_READ"
  | "E_FILE_BUSY"
  | "E_FILE_CANCELLED"
  // Ends and limits of a conversation.
  | "E_PEER_BYE"
  | "E_PEER_LOST"
  | "E_TTL"
  | "E_MESSAGE_TOO_LONG"
  | "E_UNSUPPORTED"
  | "E_RELAY_NONE"
  // Codes and tickets.
  | "E_CODE"
  | "E_TOKEN"
  // A mistake of this program's own.
  | "E_INTERNAL";

/** The one error class. `detail` is for developers: it never holds an id, an address, a name or a key. */
export class NullroomError extends Error {
  override readonly name = "NullroomError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
  }
}

/** Refusals are what a server says on the cable (`refused {code}`) and over HTTP (`{"error": code}`). */
export const REFUSALS = {
  "room-gone": "E_ROOM",
  "room-full": "E_FULL",
  "rate-limited": "E_LIMIT",
  "seat-taken-over": "E_SEAT_TAKEN_OVER",
  "lease-over": "E_LEASE_OVER",
  evicted: "E_EVICTED",
  "code-unknown": "E_CODE",
  "code-wrong": "E_CODE",
  "token-invalid": "E_TOKEN",
  "token-spent": "E_TOKEN",
  "tokens-down": "E_TOKEN",
  "bad-request": "E_MALFORMED",
  "not-found": "E_ROOM",
  "method-not-allowed": "E_MALFORMED",
  "forbidden-origin": "E_SERVER",
  "too-large": "E_MALFORMED",
  "unsupported-type": "E_MALFORMED",
  "classic-off": "E_LINK_V1_OFF",
  conflict: "E_SERVER",
  "server-full": "E_LIMIT",
  "store-down": "E_SERVER",
  internal: "E_SERVER",
} as const satisfies Record<string, ErrorCode>;

export type RefusalCode = keyof typeof REFUSALS;

export function isRefusalCode(value: unknown): value is RefusalCode {
  return typeof value === "string" && Object.hasOwn(REFUSALS, value);
}

/**
 * Turn whatever was thrown into our one class. An error that already is one keeps its code; what the runtime refuses
 * gets `code`; everything else is a mistake of this program's and gets "E_INTERNAL", so that no bug passes for a lost
 * network.
 */
export function asNullroomError(thrown: unknown, code: ErrorCode, detail: string): NullroomError {
  return asRefusal(thrown, isRefusedByRuntime(thrown) ? code : "E_INTERNAL", detail);
}

/**
 * As `asNullroomError`, for one call of the runtime that refuses by other classes too, as `fetch` and `import()` do by
 * TypeError. Only that call belongs into the `try`, because a bug beside it would pass for a refusal.
 */
export function asRefusal(thrown: unknown, code: ErrorCode, detail: string): NullroomError {
  return thrown instanceof NullroomError ? thrown : new NullroomError(code, detail, { cause: thrown });
}

/**
 * Whether the runtime has refused something, rather than the language found a mistake. Runtimes refuse by a
 * DOMException, the reason of an aborted signal among them; Firefox also by its `Exception`, where a failure has no name
 * in a standard (NS_ERROR_…).
 */
export function isRefusedByRuntime(thrown: unknown): boolean {
  return thrown instanceof DOMException || Object.prototype.toString.call(thrown) === "[object Exception]";
}
