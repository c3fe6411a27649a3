import type { IceProvider } from "./provider.ts";

/** No servers at all: peers reach each other directly or not. */
export const noIceServers: IceProvider = {
  relays: false,
  iceServers: async () => [],
};
