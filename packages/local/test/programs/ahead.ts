/** Says when its imports have been loaded (by the import itself) and when its own code begins. */
import "./ahead-import.ts";
import { createServer } from "node:http";
import process, { env } from "node:process";

process.stdout.write(`begun, hold is ${env["ASHLAR_HOLD"] ?? "unset"}\n`);
createServer((_, response) => response.end("{}")).listen({
  host: env["ASHLAR_HOST"],
  port: Number(env["ASHLAR_PORT_HTTP"]),
});
