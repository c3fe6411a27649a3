import { NullroomError } from "@nullroom/core/errors";
import { IMAGE_HEAD_BYTES, imageSize } from "./image-size.ts";

/** Decoded, an image takes four bytes a pixel whatever its file takes; a few kilobytes can claim gigabytes. */
export const PREVIEW_PIXELS = 40_000_000;

/**
 * Decode an image for showing, on the person's request only. By its bytes, never by its name or type: PNG, JPEG
 * and WebP; nothing that could run, load or lead somewhere.
 *
 * @param edge - pixels of the longer side at most
 * @returns for a canvas; `close()` it when it is drawn
 * @throws NullroomError "E_UNSUPPORTED" for anything else, broken, or above 40 megapixels
 */
export async function preview(file: Blob, edge: number): Promise<ImageBitmap> {
  const head = new Uint8Array(await file.slice(0, IMAGE_HEAD_BYTES).arrayBuffer());
  const size = imageSize(head);
  if (!size) throw new NullroomError("E_UNSUPPORTED", "not an image that is shown");
  const pixels = size.width * size.height;
  if (pixels === 0 || pixels > PREVIEW_PIXELS) throw new NullroomError("E_UNSUPPORTED", "too many pixels");
  return decode(file.slice(0, file.size, size.type), edge);
}

async function decode(image: Blob, edge: number): Promise<ImageBitmap> {
  try {
    const whole = await createImageBitmap(image, { imageOrientation: "from-image" });
    if (Math.max(whole.width, whole.height) <= edge) return whole;
    // One side is enough: the other follows. Which one is longer shows only now, a camera may have lain on its side.
    const side = whole.width >= whole.height ? "resizeWidth" : "resizeHeight";
    const shrunk = await createImageBitmap(whole, { [side]: edge, resizeQuality: "medium" });
    whole.close();
    return shrunk;
  } catch (cause) {
    throw new NullroomError("E_UNSUPPORTED", "the image cannot be decoded", { cause });
  }
}
