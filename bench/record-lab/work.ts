import { importAeadKey, openAead, sealAead } from "../../core/src/crypto/aead.ts";
import { BULK, CTL } from "../../core/src/crypto/binding.ts";
import { randomBytes } from "../../core/src/crypto/bytes.ts";
import { RecordOpener, RecordSealer } from "../../core/src/crypto/record.ts";
import { concat, u32, u64 } from "../../core/src/wire/binary.ts";
import { formatFileFrame } from "../../core/src/wire/file-frames.ts";
import { CHUNK_BYTES, formatTalk } from "../../core/src/wire/frames.ts";

/** What is measured: records, or the same bytes under AES-GCM alone. This file runs in Node and in a page. */
export type Size = "bulk" | "ctl";
export type Way = "records" | "bare";

/** Seal and open records one after the other, as they arrive on a channel. @returns microseconds per record */
export async function microseconds({ size, way }: { size: Size; way: Way }, count: number): Promise<number> {
  const work = way === "records" ? recordWork(size) : await bareWork(size);
  const from = performance.now();
  for (let at = 0; at < count; at++) await work(at);
  return ((performance.now() - from) * 1_000) / count;
}

type Work = (at: number) => Promise<unknown>;

function recordWork(size: Size): Work {
  const key = randomBytes(32);
  const setup = { channel: size === "bulk" ? BULK : CTL, role: 0 } as const;
  const sealer = new RecordSealer({ ...setup, key: key.slice() });
  const opener = new RecordOpener({ ...setup, key });
  const frame = FRAMES[size];
  return async () => opener.open(await sealer.seal(frame));
}

/** AES-256-GCM with one key, counted nonces and no header, which is the least that it can cost here. */
async function bareWork(size: Size): Promise<Work> {
  const key = randomBytes(32);
  const [sealing, opening] = [await importAeadKey(key, "encrypt"), await importAeadKey(key, "decrypt")];
  const message = randomBytes(PADDED_BYTES[size]);
  const aad = new Uint8Array();
  return async (at) => {
    const envelope = { nonce: concat(u32(0), u64(at)), aad };
    return openAead(opening, envelope, await sealAead(sealing, envelope, message), "E_RECORD_AUTH");
  };
}

const FRAMES = {
  bulk: formatFileFrame({ type: "chunk", fileId: 1, offset: 0, data: new Uint8Array(CHUNK_BYTES).fill(7) }),
  ctl: formatTalk({ type: "chat", id: 1, text: "See you at eight, as always?" }),
};

/** The lengths that the record layer pads those frames to. */
const PADDED_BYTES = { bulk: 65_508, ctl: 64 };
