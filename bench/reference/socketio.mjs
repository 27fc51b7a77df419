// The reference: Node's socket.io, WebSocket only, as its documentation says.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { Hall, listening } from "./hall.mjs";

const server = createServer();
const io = new Server(server, { transports: ["websocket"] });
const hall = new Hall((delta) => io.to("event").emit("delta", delta));

io.on("connection", (socket) => {
  const person = hall.join();
  socket.on("subscribe", (wish, ack) => {
    socket.join("event");
    ack(hall.subscribe(wish));
  });
  socket.on("vote.set", (vote, ack) => ack(hall.vote(person, vote)));
});
listening(server);
