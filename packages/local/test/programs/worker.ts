/** A job's worker: says which one it is and ends with the code that it is given. */
import process, { env } from "node:process";

process.stdout.write(`worker ${env["ASHLAR_WORKER_ID"]} of ${env["ASHLAR_WORKERS"]}\n`);
process.exitCode = Number(process.argv[2] ?? "0");
