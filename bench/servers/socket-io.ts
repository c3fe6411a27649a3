import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

/** The same rooms as one writes them with socket.io, which has rooms of its own. */
const server = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/rooms") return response.writeHead(404).end();
  response.setHeader("content-type", "application/json");
  return response.writeHead(201).end(JSON.stringify({ room_id: randomUUID() }));
});

new Server(server, { transports: ["websocket"] }).on("connection", (socket) => {
  socket.on("join", async (roomId: string) => {
    await socket.join(roomId);
    socket.on("signal", (data) => socket.to(roomId).emit("signal", data));
    socket.on("disconnecting", () => socket.to(roomId).emit("left"));
    if (socket.nsp.adapter.rooms.get(roomId)?.size === 2) socket.nsp.to(roomId).emit("ready");
  });
});

server.listen(Number(process.env.PORT), "127.0.0.1");
