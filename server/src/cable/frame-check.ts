import { once } from "node:events";
import { createServer } from "node:http";
import { duplexPair } from "node:stream";
import { NullroomError } from "@nullroom/core/errors";
import { formatPing } from "@nullroom/core/wire/cable";
import { WebSocket, WebSocketServer } from "ws";
import { type FrameWriter, frameWriter } from "./frame-writer.ts";
import { SOCKET_OPTIONS } from "./upgrade.ts";

const CHECK_WITHIN_MS = 2_000;

/** The cable's ping, and texts on both sides of every edge at which the length is written differently. */
const TEXTS = [formatPing(1_700_000_000), "", ...[125, 126, 65_535, 65_536].map((n) => "x".repeat(n)), "ü🔑"];

const PROBLEM =
  "the installed WebSocket library reads other frames than this server writes: install the versions in package-lock.json";

/**
 * Prove that what `writer` writes past `ws` is what a client of `ws` reads, in order, between frames that `ws` writes
 * itself and before its closing handshake. A connection in memory runs through the real HTTP server and library.
 *
 * @throws NullroomError "E_INTERNAL" where anything else arrives: the server must not start then.
 */
export async function checkFrames(writer: FrameWriter = frameWriter): Promise<void> {
  const expected = [...TEXTS.flatMap((text, i) => [`text ${text}`, `ping ${i}`]), "close 1000"];
  let seen: string[];
  try {
    seen = await framesSeenFrom((ws, write) => {
      for (const [i, text] of TEXTS.entries()) {
        write(text);
        ws.ping(String(i));
      }
      ws.close(1000);
    }, writer);
  } catch (cause) {
    throw new NullroomError("E_INTERNAL", PROBLEM, { cause });
  }
  if (seen.join("\n") !== expected.join("\n")) throw new NullroomError("E_INTERNAL", PROBLEM);
}

type Speak = (ws: WebSocket, write: (text: string) => void) => void;

/**
 * What a client reads until the socket closes.
 *
 * @throws whatever the client's library finds wrong, or that it waits too long
 */
async function framesSeenFrom(speak: Speak, writer: FrameWriter): Promise<string[]> {
  const [serverEnd, clientEnd] = duplexPair();
  const sockets = new WebSocketServer(SOCKET_OPTIONS);
  const server = createServer().on("upgrade", (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, (ws) => {
      ws.on("error", () => stream.destroy());
      speak(ws, (text) => writer.write(stream, writer.textFrame(text)));
    });
  });
  server.emit("connection", serverEnd);

  const seen: string[] = [];
  const client = new WebSocket("ws://localhost/", { createConnection: () => clientEnd });
  client.on("error", () => undefined); // `once` below hears it too, and a second error must end no process.
  client.on("message", (data, isBinary) => seen.push(`${isBinary ? "binary" : "text"} ${String(data)}`));
  client.on("ping", (data) => seen.push(`ping ${String(data)}`));
  try {
    const [code] = await once(client, "close", { signal: AbortSignal.timeout(CHECK_WITHIN_MS) });
    return [...seen, `close ${String(code)}`];
  } finally {
    client.terminate();
    serverEnd.destroy();
  }
}
