/**
 * The detached supervisor: reads its request from stdin, supervises until told to stop.
 *
 * What becomes of the start it tells its parent over file descriptor 3, one JSON object a line
 * ({@link SupervisorReport}). Nobody need read it: a parent that has gone away changes nothing.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { text } from "node:stream/consumers";
import { CodedError } from "@ashlar/foundation";
import { realEnvironment, untilStopped } from "@ashlar/program";
import { openSupervisorLog, prepareSupervisorLog } from "./project/supervisor-log.ts";
import { type DetachedRequest, reportedFrom, type SupervisorReport } from "./supervise-report.ts";
import { superviseSystem } from "./supervision.ts";

async function main(): Promise<void> {
  process.stderr.on("error", () => undefined); // CDE1: its reader goes away.
  const asked = await text(process.stdin);
  if (asked === "") return; // The definition did not load, so there is nothing to supervise.
  const request = JSON.parse(asked) as DetachedRequest;
  try {
    await supervise(request);
  } catch (error) {
    report({ state: "failed", error: reportedFrom(error) });
    process.exitCode = 1;
  }
}

async function supervise(request: DetachedRequest): Promise<void> {
  const environment = realEnvironment();
  const log = openSupervisorLog(prepareSupervisorLog(request.stateDir), environment.clock);
  process.on("uncaughtExceptionMonitor", (error) => log.error("supervisor crashed", { error }));
  const stop = new AbortController();
  void untilStopped().then((signal) => stop.abort(new SupervisorSignalled(signal)));
  try {
    const modules = { environment, variables: process.env, log, signal: stop.signal };
    const supervisor = await superviseSystem(request, modules);
    report({ state: "listening" });
    try {
      await supervisor.untilReady(stop.signal);
      report({ state: "ready" });
      flushCompileCache(); // A supervisor lives long; the next one should start from what it compiled.
      log.info("system ready", { system: request.plan.system });
    } catch (error) {
      log.error("system did not become ready", { error });
      report({ state: "failed", error: reportedFrom(error) });
      if (!request.keep) await supervisor.down();
    }
    await supervisor.stopped;
  } catch (error) {
    log.error("supervisor failed", { error });
    throw error;
  }
}

/** Why a detached supervisor goes down: the operating system's order. Not a fault. */
class SupervisorSignalled extends CodedError<"SUPERVISOR_SIGNALLED", { readonly signal: string }> {
  constructor(signal: string) {
    super("SUPERVISOR_SIGNALLED", `the supervisor was told to stop by ${signal}`, { signal });
  }
}

/** Written at once: this process may end right after. */
function report(what: SupervisorReport): void {
  try {
    writeSync(3, `${JSON.stringify(what)}\n`);
  } catch {
    // The parent has gone away.
  }
}

await main();
process.exit();
