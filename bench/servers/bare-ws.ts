import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { type RawData, type WebSocket, WebSocketServer } from "ws";

/**
 * The limit on Node: rooms over the same socket library, set up the same way, with nothing around them. There are no
 * envelopes, proofs, limits, headers or leases.
 */
const rooms = new Map<string, WebSocket[]>();
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload: 32 * 1024,
});

const server = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/rooms") return response.writeHead(404).end();
  const roomId = randomUUID();
  rooms.set(roomId, []);
  response.setHeader("content-type", "application/json");
  return response.writeHead(201).end(JSON.stringify({ room_id: roomId }));
});

server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.once("message", (roomId) => sit(webSocket, roomId.toString()));
  });
});

function sit(socket: WebSocket, roomId: string): void {
  const room = rooms.get(roomId);
  if (room === undefined || room.length === 2) {
    socket.close();
    return;
  }
  room.push(socket);
  socket.on("message", (data: RawData) => {
    for (const other of room) if (other !== socket) other.send(data, { binary: false });
  });
  socket.on("close", () => {
    rooms.delete(roomId);
    for (const other of room) if (other !== socket && other.readyState === other.OPEN) other.send("left");
  });
  if (room.length === 2) for (const one of room) one.send("ready");
}

server.listen(Number(process.env.PORT), "127.0.0.1");
