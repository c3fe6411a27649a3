import type { RefusalCode } from "@nullroom/core/errors";
import { HTTP_BODY_BYTES } from "@nullroom/core/limits";
import { parseJson } from "@nullroom/core/wire/read";
import type { Ctx } from "./reply.ts";

/** The JSON of a request, undefined where its body is empty; or why the body was not read. */
export type Body = { json: unknown } | { refused: RefusalCode };

/** Read a request's body. @throws "E_MALFORMED" where it is no JSON */
export async function readJsonBody(c: Ctx): Promise<Body> {
  const text = await readText(c.req.raw);
  if (text === undefined) return { refused: "too-large" };
  if (text === "") return { json: undefined };
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  return type === "application/json" ? { json: parseJson(text, "body") } : { refused: "unsupported-type" };
}

/** The body as text; undefined where it is longer than HTTP_BODY_BYTES. */
async function readText(request: Request): Promise<string | undefined> {
  const length = request.headers.get("content-length");
  if (length === null) return request.body === null ? "" : readChunks(request.body);
  if (length === "0") return ""; // The length says so, and no stream has to be opened and waited for.
  // Node's parser holds a body to the length that was announced.
  return Number(length) > HTTP_BODY_BYTES ? undefined : request.text();
}

/** A body of unannounced length is read only as far as it may go. */
async function readChunks(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > HTTP_BODY_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
