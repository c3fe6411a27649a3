import { NullroomError } from "@nullroom/core/errors";
import { parseJson } from "@nullroom/core/wire/read";
import { type IceServer, readIceServers } from "@nullroom/core/wire/room-messages";
import type { IceProvider } from "./provider.ts";

/**
 * A provider that gives all rooms the servers that NULLROOM_ICE_SERVERS lists, in the form that `RTCPeerConnection`
 * takes.
 *
 * @throws "E_MALFORMED" for whatever a browser would refuse later, when the mistake is harder to find.
 */
export function staticList(json: string): IceProvider {
  const servers = readIceServers(parseJson(json, "NULLROOM_ICE_SERVERS"));
  for (const server of servers) refuseUnusable(server);
  return {
    relays: servers.some((server) => server.urls.some(isRelay)),
    iceServers: async () => servers,
  };
}

function isRelay(url: string): boolean {
  return /^turns?:/.test(url);
}

function refuseUnusable(server: IceServer): void {
  if (server.urls.length === 0) throw new NullroomError("E_MALFORMED", "ICE server without urls");
  const authenticated = server.username !== undefined && server.credential !== undefined;
  if (server.urls.some(isRelay) && !authenticated) {
    throw new NullroomError("E_MALFORMED", "TURN server without username and credential");
  }
}
