import type { IncomingMessage } from "node:http";
import type { Plugin } from "vite";

const SERVER = process.env.NULLROOM_DEV_SERVER ?? "http://127.0.0.1:3000";
const ROOM = /^\/rooms\/[0-9a-f-]{36}$/;

/** In development Vite serves the pages, which the server does in production, and passes all other requests on to it. */
export function devRooms(): Plugin {
  return {
    name: "nullroom:dev-rooms",
    apply: "serve",
    config: () => ({
      server: {
        proxy: {
          "^/(features|up|handshakes/.*)$": SERVER,
          "^/rooms(/[0-9a-f-]{36})?$": { target: SERVER, bypass: servedHere },
          "/cable": { target: SERVER, ws: true },
        },
      },
    }),
  };
}

function servedHere({ method, url = "", headers }: IncomingMessage): string | undefined {
  const isPage = method === "GET" && ROOM.test(url) && headers.accept?.includes("text/html");
  return isPage ? "/rooms/room.html" : undefined;
}
