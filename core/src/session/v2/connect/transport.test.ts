import { FakeNetwork } from "../../../testing/fake-network.ts";
import { SocketRelay } from "../../../testing/socket-transport.ts";
import { PeerConnectionTransport } from "./peer-connection-transport.ts";
import { transportContract } from "./transport.contract.ts";

transportContract("a PeerConnection, over a network in memory", () => {
  const platform = new FakeNetwork();
  return (options) => PeerConnectionTransport.open({ ...options, platform, configuration: () => ({}) });
});

transportContract("a socket", () => new SocketRelay().open);
