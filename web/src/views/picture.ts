import { element } from "./element.ts";

/** As sharp as a card in the conversation is wide, on a fine screen. */
const EDGE_PX = 1280;

type PictureOptions = { preview: (file: Blob, edge: number) => Promise<ImageBitmap>; signal: AbortSignal };

/** A received picture, drawn: nothing of its file but pixels comes into the page, and they go with the room. */
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
  // A canvas of no size has no pixels, whoever still holds it.
  signal.addEventListener("abort", () => Object.assign(canvas, { width: 0, height: 0 }), { once: true });
  return canvas;
}
