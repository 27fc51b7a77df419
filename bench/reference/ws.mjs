// The reference: Node's ws alone. It takes and sends the texts that Socket.IO would, without its
// handshake, pings and rooms.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Hall, listening } from "./hall.mjs";

const server = createServer();
const sockets = new WebSocketServer({ server });
const followers = new Set();
const hall = new Hall((delta) => {
  // One encoding for all, which is the fastest that ws can do.
  const data = Buffer.from(`42${JSON.stringify(["delta", delta])}`);
  for (const socket of followers) socket.send(data, { binary: false });
});

sockets.on("connection", (socket) => {
  const person = hall.join();
  socket.on("close", () => followers.delete(socket));
  socket.on("message", (data) => {
    const text = data.toString();
    const start = text.indexOf("[");
    const [name, payload] = JSON.parse(text.slice(start));
    if (name === "subscribe") followers.add(socket);
    const reply = name === "subscribe" ? hall.subscribe(payload) : hall.vote(person, payload);
    socket.send(`43${text.slice(2, start)}${JSON.stringify([reply])}`);
  });
});
listening(server);
