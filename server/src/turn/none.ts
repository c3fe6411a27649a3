import type { IceProvider } from "./provider.ts";

/** The provider of a server without relays: peers reach each other directly or not at all. */
export const noIceServers: IceProvider = {
  relays: false,
  iceServers: async () => [],
};
