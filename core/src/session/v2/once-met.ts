/**
 * What two need once they have met, and nobody before: it is fetched when the other person is there and the handshake
 * begins, for every room, so that fetching it tells the server nothing new. A page that waits does without these bytes.
 */
export { PeerConnectionTransport } from "./connect/peer-connection-transport.ts";
export { SecurePeer } from "./connect/secure-peer.ts";
export { Conversation } from "./talk/conversation.ts";
