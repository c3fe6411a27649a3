import { NullroomError } from "@nullroom/core/errors";
import { IMAGE_HEAD_BYTES, imageSize } from "./image-size.ts";

/** The most pixels that are decoded. Each takes four bytes of memory, and a small file can claim gigabytes of them. */
export const PREVIEW_PIXELS = 40_000_000;

/**
 * Decode an image for showing, on the person's request only. The format is told by the bytes, never by name or type:
 * PNG, JPEG and WebP, none of which can run code or load anything.
 *
 * @param edge - the most pixels of the longer side
 * @returns the image for a canvas; `close()` it when it is drawn
 * @throws NullroomError "E_UNSUPPORTED" for any other format, a broken image, or more than 40 megapixels
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
    // Only one side is given, and the other follows. Which one is longer is known once the image is turned upright.
    const side = whole.width >= whole.height ? "resizeWidth" : "resizeHeight";
    const shrunk = await createImageBitmap(whole, { [side]: edge, resizeQuality: "medium" });
    whole.close();
    return shrunk;
  } catch (cause) {
    throw new NullroomError("E_UNSUPPORTED", "the image cannot be decoded", { cause });
  }
}
