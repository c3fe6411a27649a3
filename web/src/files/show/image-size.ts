/** The size that an image states in its first bytes, read before anything decodes it. In pixels. */
export type ImageSize = {
  readonly type: "image/png" | "image/jpeg" | "image/webp";
  readonly width: number;
  readonly height: number;
};

/** So many bytes reach past a camera's notes, colour profile and thumbnail, which stand before a JPEG's size. */
export const IMAGE_HEAD_BYTES = 1024 * 1024;

/** @returns undefined for anything that is not one of the three, whatever it calls itself */
export function imageSize(head: Uint8Array): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    return png(view) ?? webp(view) ?? jpeg(view);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined; // The bytes end before the size.
    throw thrown;
  }
}

const PNG_SIGNATURE = 0x89504e470d0a1a0an;

function png(view: DataView): ImageSize | undefined {
  if (view.byteLength < 8 || view.getBigUint64(0) !== PNG_SIGNATURE || text(view, 12) !== "IHDR")
    return undefined;
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function webp(view: DataView): ImageSize | undefined {
  if (view.byteLength < 16 || text(view, 0) !== "RIFF" || text(view, 8) !== "WEBP") return undefined;
  const type = "image/webp";
  switch (text(view, 12)) {
    case "VP8X": // 24 bits for each side, which hold its length less one
      return { type, width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
    case "VP8L": {
      const bits = view.getUint32(21, true); // 14 bits for each side, which hold its length less one
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ": // 14 bits for each side, with a scale in the two bits above
      return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}

/** A start of frame has one of thirteen markers. C4, C8 and CC lie among them and mean something else. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function jpeg(view: DataView): ImageSize | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff)
      at += 1; // A filler byte may stand before the marker.
    else if (isFrame(marker)) {
      return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    } else if (marker === 0xda || marker === 0xd9) {
      return undefined; // The image data, or the end, came before any size.
    } else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}
