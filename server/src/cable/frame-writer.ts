import type { Writable } from "node:stream";

/**
 * Text frames that go to a socket past `ws`, which would write each in two parts and would format the same ping for
 * every socket anew. `ws` writes on the same stream: without compression each of its own writes is one whole frame, so
 * whole frames of ours may stand between them. `frame-check.ts` proves both at every start of the server.
 */
export interface FrameWriter {
  /** One whole unmasked WebSocket text frame (RFC 6455 §5.2), ready to be written to any number of sockets. */
  textFrame(text: string): Buffer;
  /** Write a whole frame. Frames of one turn of the event loop leave together and in order. */
  write(stream: Writable, frame: Uint8Array): void;
}

export const frameWriter: FrameWriter = {
  textFrame,
  write(stream, frame) {
    gatherWrites(stream);
    stream.write(frame);
  },
};

const FIN_AND_TEXT = 0x81;
/** Lengths below this stand in the second byte; this value announces two bytes of length, and the next one eight. */
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length < TWO_BYTES ? 2 : length <= 0xffff ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FIN_AND_TEXT;
  if (headLength === 2) frame[1] = length;
  else if (headLength === 4) {
    frame[1] = TWO_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headLength);
  return frame;
}

const gathering: Writable[] = [];

/**
 * Whatever is written to `stream` until this turn of the event loop ends leaves in one system call, which is most of
 * what a frame costs. A new client gets several frames at once, and candidates come in bursts.
 */
function gatherWrites(stream: Writable): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  if (gathering.push(stream) === 1) setImmediate(uncorkAll);
}

function uncorkAll(): void {
  for (const stream of gathering.splice(0)) stream.uncork();
}
