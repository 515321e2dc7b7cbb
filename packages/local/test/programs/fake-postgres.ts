/** Stands for PostgreSQL's postmaster: listens, and ends on SIGINT (a fast shutdown) only. */
import { createServer } from "node:net";
import process from "node:process";

process.on("SIGTERM", () => undefined);
process.on("SIGINT", () => process.exit(0));
createServer((socket) => socket.destroy()).listen(Number(process.argv[2]), "127.0.0.1", () => {
  process.stdout.write("accepting connections\n");
});
