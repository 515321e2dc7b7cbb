/** Ignores SIGTERM, starts a child that does too, and never ends by itself. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import process, { env } from "node:process";

process.on("SIGTERM", () => undefined);
spawn("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], { stdio: "ignore" });
createServer((socket) => socket.destroy()).listen({
  host: env["ASHLAR_HOST"],
  port: Number(env["ASHLAR_PORT_HTTP"]),
});
