import { handshakeKey, type PskKind, type RoleByte, type Sealed, transcript, unseal } from "./schedule.ts";

/**
 * What somebody has who recorded everything and later found the link: the relay's blobs, the records from the wire
 * between the two, and the certificates' fingerprints, which cross that wire in the clear.
 */
export type Exhibit = {
  /** The room's UUID as 16 bytes. */
  readonly room: Uint8Array;
  /** The link's secret. */
  readonly link: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  readonly records: readonly WireRecord[];
  readonly fingerprints: readonly { readonly I: Uint8Array; readonly R: Uint8Array }[];
};

/** A record as it crossed a data channel. */
export type WireRecord = { readonly from: RoleByte; readonly bytes: Uint8Array };

/** Something sealed that nobody should be able to open any more, and what decides which keys are worth trying on it. */
export type Target = Sealed & {
  readonly name: string;
  readonly from: RoleByte;
  readonly kind: "handshake" | "signal" | "record";
  readonly channel?: 0 | 1;
  /** Whether it is the first of its epoch, direction and channel, which the first key of a chain opens. */
  readonly isFirst?: boolean;
};

/** A handshake, as far as its messages were recorded and opened. */
export type Attempt = {
  readonly kind: PskKind;
  readonly messages: readonly Uint8Array[];
  readonly th: readonly Buffer[];
};

const HEADER = 3;
const NONCE = 12;
const SEQ = 8;
const RECORD_HEADER = 12;
const HSID = 16;

export function roomBytes(uuid: string): Uint8Array {
  return Uint8Array.from(Buffer.from(uuid.replaceAll("-", ""), "hex"));
}

export function isHandshake(blob: Uint8Array): boolean {
  return blob[1] === 0;
}

/** Take a blob apart. The nonce of phase 1 is four zero bytes and the sequence number. */
export function blobTarget(room: Uint8Array, blob: Uint8Array): Target {
  const header = blob.subarray(0, HEADER);
  const from = blob[2] === 0 ? 0 : 1;
  const role = from === 0 ? "I" : "R";
  if (isHandshake(blob)) {
    return {
      kind: "handshake",
      from,
      name: `a handshake blob of ${role}`,
      nonce: blob.subarray(HEADER, HEADER + NONCE),
      aad: Buffer.concat([Buffer.from("nr2 sig"), room, header]),
      body: blob.subarray(HEADER + NONCE),
    };
  }
  const seq = blob.subarray(HEADER, HEADER + SEQ);
  return {
    kind: "signal",
    from,
    name: `signal ${Buffer.from(seq).readBigUInt64BE()} of ${role}`,
    nonce: Buffer.concat([Buffer.alloc(4), seq]),
    aad: Buffer.concat([Buffer.from("nr2 sig"), room, header, seq]),
    body: blob.subarray(HEADER + SEQ),
  };
}

export function recordTargets(records: readonly WireRecord[]): Target[] {
  const begun = new Set<string>();
  return records.map(({ from, bytes }) => {
    const header = bytes.subarray(0, RECORD_HEADER);
    const view = Buffer.from(header);
    const channel = header[1] === 0 ? 0 : 1;
    const run = `${from} ${channel} ${view.readUInt16BE(2)}`;
    const isFirst = !begun.has(run);
    begun.add(run);
    const name = `record ${view.readBigUInt64BE(4)} of ${from === 0 ? "I" : "R"} on channel ${channel}`;
    return {
      kind: "record",
      from,
      channel,
      isFirst,
      name,
      nonce: header,
      aad: header,
      body: bytes.subarray(RECORD_HEADER),
    };
  });
}

/** Open every handshake blob that this PSK opens. @returns the attempts found in them, and the blobs that stay shut */
export function openHandshakes(
  exhibit: Pick<Exhibit, "room" | "blobs">,
  psk: Uint8Array,
  kind: PskKind,
): { attempts: Attempt[]; shut: Uint8Array[] } {
  const keys = ([0, 1] as const).map((role) => handshakeKey(psk, role, kind, exhibit.room));
  const byAttempt = new Map<string, Uint8Array[]>();
  const shut: Uint8Array[] = [];
  for (const blob of exhibit.blobs.filter(isHandshake)) {
    const key = keys[blob[2] as RoleByte];
    const padded = key && unseal(key, blobTarget(exhibit.room, blob));
    if (padded === undefined) shut.push(blob);
    else addMessage(byAttempt, padded.subarray(4, 4 + padded.readUInt32BE()));
  }
  const attempts = [...byAttempt.values()].map((messages) => ({
    kind,
    messages,
    th: transcript(exhibit.room, kind, messages),
  }));
  return { attempts, shut };
}

/** Add a message, whose first byte is its number, to its attempt. Nothing after a missing message is of use. */
function addMessage(byAttempt: Map<string, Uint8Array[]>, message: Uint8Array): void {
  const number = message[0] ?? 0;
  const at = number === 1 ? 3 : 1;
  const hsid = Buffer.from(message.subarray(at, at + HSID)).toString("hex");
  const messages = byAttempt.get(hsid) ?? [];
  if (messages.length === number - 1) messages.push(message);
  byAttempt.set(hsid, messages);
}
