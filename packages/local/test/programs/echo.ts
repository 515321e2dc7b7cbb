/** Sends back what it gets, and a last word after the other side has finished. */
import { createServer } from "node:net";
import { env } from "node:process";

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("end", () => socket.end(" and the end"));
}).listen({ host: env["ASHLAR_HOST"], port: Number(env["ASHLAR_PORT_HTTP"]) });
