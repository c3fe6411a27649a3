import { PeerConnectionTransport } from "../../core/src/session/v2/connect/peer-connection-transport.ts";
import { transportContract } from "../../core/src/session/v2/connect/transport.contract.ts";
import { nodePlatform } from "./node-platform.ts";

transportContract("a PeerConnection, over Node's own WebRTC", () => {
  const platform = nodePlatform("http://127.0.0.1:9");
  return (options) => PeerConnectionTransport.open({ ...options, platform, configuration: () => ({}) });
});
