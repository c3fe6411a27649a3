import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { App } from "../app.ts";
import { rawAnswer } from "./raw-answer.ts";

const HEADER_BYTES = 8 * 1024;
/** How long a request may take to arrive, headers and body together. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for connections that exceed their time. */
const CHECK_INTERVAL_MS = 1_000;

/** An HTTP server for `app` with bounded headers and waiting times, which answers broken requests itself. */
export function createHttpServer(app: App, timeoutMs = REQUEST_TIMEOUT_MS): Server {
  const listener = getRequestListener((request, env) => {
    const { incoming } = env as { incoming: { socket: { remoteAddress?: string } } };
    return app.fetch(request, { peer: incoming.socket.remoteAddress ?? "" });
  });
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    (request, response) => void listener(request, response),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    socket.once("finish", () => socket.destroy());
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else socket.end(rawAnswer(statusOf(error), "bad-request", false));
  });
  return server;
}

/** Resolves with the port that was taken, for `port` may be 0. @throws Node's error: EADDRINUSE, EACCES, … */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}
