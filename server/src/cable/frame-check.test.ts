import { expect, test } from "vitest";
import { checkFrames } from "./frame-check.ts";
import { type FrameWriter, frameWriter } from "./frame-writer.ts";

test("the frames that this server writes are what the library reads", () => checkFrames());

const { textFrame, write } = frameWriter;

/** `textFrame`, with one byte of the frame's head changed. */
function withByte(at: number, change: (byte: number) => number): FrameWriter["textFrame"] {
  return (text) => {
    const frame = textFrame(text);
    frame[at] = change(frame[at] ?? 0);
    return frame;
  };
}

test.each<[string, Partial<FrameWriter>]>([
  ["binary frames", { textFrame: withByte(0, (byte) => byte + 1) }],
  ["a frame that another one continues", { textFrame: withByte(0, (byte) => byte & 0x7f) }],
  ["a reserved bit", { textFrame: withByte(0, (byte) => byte | 0x40) }],
  ["a mask bit", { textFrame: withByte(1, (byte) => byte | 0x80) }],
  ["a length that is one too short", { textFrame: withByte(1, (byte) => Math.max(0, byte - 1)) }],
  ["a length that is one too long", { textFrame: withByte(1, (byte) => byte + 1) }],
  ["another text", { textFrame: (text) => textFrame(text.toUpperCase()) }],
  ["no text", { write: () => undefined }],
  ["every text twice", { write: (stream, frame) => void [write(stream, frame), write(stream, frame)] }],
  [
    "text that comes late",
    { write: (stream, frame) => void setImmediate(() => stream.writable && write(stream, frame)) },
  ],
])("%s is noticed", async (_name, broken) => {
  await expect(checkFrames({ ...frameWriter, ...broken })).rejects.toMatchObject({
    code: "E_INTERNAL",
    message: expect.stringContaining("WebSocket library"),
  });
});
