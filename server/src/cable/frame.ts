const FIN_AND_TEXT = 0x81;
/** Lengths below this stand in the second byte; then come two bytes of length, then eight. */
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/** One whole unmasked WebSocket text frame (RFC 6455 §5.2), ready to be written as it is. */
export function textFrame(text: string): Buffer {
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
