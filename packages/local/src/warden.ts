/**
 * A small process of its own that ends a system's processes when their supervisor has died, however
 * it died. It lives in its own session, so that nothing aimed at the supervisor hits it.
 *
 * It is born with a list of the processes that there are; the supervisor tells it of changes over its
 * standard input, one JSON object a line. The end of that input without a farewell means that the supervisor is gone.
 *
 * - LWD1  Only recorded processes (number and start time) are signalled, with all of their group.
 * - LWD2  Parts are ended before the stores that they use: lower stages first.
 * - LWD3  What has not ended within its declared grace is killed. Then the warden ends.
 *
 * @module
 */
import process, { env } from "node:process";
import { createInterface } from "node:readline";
import { endProcesses } from "./end-processes.ts";
import type { RecordedProcess } from "./state-file.ts";

/** What the supervisor says. */
export type WardenMessage =
  | { readonly watch: RecordedProcess }
  /** It has ended, so its number may be given out again. */
  | { readonly forget: number }
  | { readonly farewell: true };

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

// In its environment and not over the pipe: a supervisor may die before it has said a word.
const born = JSON.parse(env["ASHLAR_WATCHED"] ?? "[]") as readonly RecordedProcess[];
const watched = new Map(born.map((each) => [each.pid, each]));
let farewell = false;
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as WardenMessage;
  if ("watch" in message) watched.set(message.watch.pid, message.watch);
  else if ("forget" in message) watched.delete(message.forget);
  else farewell = true;
}
if (!farewell) await endProcesses([...watched.values()], false);
process.exit(0);
