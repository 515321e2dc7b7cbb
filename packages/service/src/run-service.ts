/**
 * Runs a service as the whole of a process: from its environment to its exit code.
 *
 * - SK15 The process ends with 0 after an orderly stop; with 1 after a failed start, an error that
 *        nobody caught, or a stop that outlasts the grace; and says why in its last log line.
 *
 * @module
 */

import { flushCompileCache } from "node:module";
import type { Environment } from "@ashlar/foundation";
import type { ConfigFields } from "@ashlar/model";
import { processEnvironment, realEnvironment, untilStopped } from "@ashlar/program";
import type { Telemetry } from "@ashlar/telemetry";
import { openService, type RunningService } from "./open-service.ts";
import type { ServiceDefinition } from "./service.ts";

/**
 * Opens the service, serves until the process is told to stop, and ends the process.
 *
 * Never rejects: a failure is logged and becomes the exit code.
 */
export async function runService<Fields extends ConfigFields>(
  definition: ServiceDefinition<Fields>,
): Promise<void> {
  const environment = realEnvironment();
  const stopped = untilStopped();
  let service: RunningService | undefined;
  endOnCrash(() => service?.telemetry);
  try {
    const opening = openService(definition, { ...processEnvironment(), environment });
    // Told to stop while starting: nothing has been served that would have to be finished.
    const first = await Promise.race([opening, stopped]);
    if (typeof first === "string") return endProcess(0);
    service = first;
  } catch {
    return endProcess(1); // `openService` has told why.
  }
  flushCompileCache(); // For the next start: at exit it would be lost to a SIGKILL.
  const signal = await stopped;
  service.telemetry.log.info("told to stop", { signal });
  const inTime = await stopWithin(service, environment);
  endProcess(inTime ? 0 : 1);
}

/** False when the grace ran out. */
async function stopWithin(service: RunningService, environment: Environment): Promise<boolean> {
  const { graceMs } = service.settings;
  const done = new AbortController();
  const limitMs = graceMs - Math.min(1_000, graceMs / 10);
  const late = environment.clock.sleep(limitMs, done.signal).then(
    () => "late",
    () => "stopped",
  );
  const { telemetry } = service;
  try {
    if ((await Promise.race([service.stop(), late])) !== "late") return true;
    telemetry.log.fatal("not stopped within the grace", { graceMs });
  } catch (error) {
    telemetry.log.fatal("stopping failed", { error });
  } finally {
    done.abort();
  }
  await telemetry.flush();
  return false;
}

/** An error that nobody caught leaves the program in a state that nobody knows: it ends (SK15). */
function endOnCrash(telemetry: () => Telemetry | undefined): void {
  const crash = (error: unknown, kind: string): void => {
    const known = telemetry();
    known?.log.fatal("the process ends: an error was not caught", { kind, error });
    if (known === undefined) process.stderr.write(`${kind}: ${String(error)}\n`);
    void flushAndEnd(known);
  };
  process.on("uncaughtException", (error) => crash(error, "uncaughtException"));
  process.on("unhandledRejection", (error) => crash(error, "unhandledRejection"));
}

async function flushAndEnd(telemetry: Telemetry | undefined): Promise<void> {
  await telemetry?.flush();
  endProcess(1);
}

function endProcess(code: number): void {
  // oxlint-disable-next-line unicorn/no-process-exit -- a handle left open must not keep it alive
  process.exit(code);
}
