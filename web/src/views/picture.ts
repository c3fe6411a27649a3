import { element } from "./element.ts";

/** The longer side of a picture: the width of a card in the conversation, on a screen of high resolution. */
const EDGE_PX = 1280;

type PictureOptions = { preview: (file: Blob, edge: number) => Promise<ImageBitmap>; signal: AbortSignal };

/** A received picture on a canvas. Only pixels of its file come into the page, and they go when the room ends. */
export async function pictureView(
  file: Blob,
  name: string,
  { preview, signal }: PictureOptions,
): Promise<HTMLElement> {
  const bitmap = await preview(file, EDGE_PX);
  const canvas = element("canvas", { class: "file-picture", role: "img", "aria-label": name });
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
  // A canvas of size zero has no pixels, even if something still refers to it.
  signal.addEventListener("abort", () => Object.assign(canvas, { width: 0, height: 0 }), { once: true });
  return canvas;
}
