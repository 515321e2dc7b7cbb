/**
 * Starts a supervisor in a session of its own and follows it until the system is ready.
 *
 * - CDE1  The supervisor outlives this process, its terminal and its session.
 * - CDE2  Whatever ends the start (a failure, Ctrl-C) is awaited: nothing is left half started,
 *        unless `keep` asks for it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ControlClient, type SystemControl } from "@ashlar/local";
import type { Cli } from "../cli.ts";
import { InterruptedError, SystemStartError } from "../errors.ts";
import { moduleFile, nodeFlags } from "../installation.ts";
import { prepareSupervisorLog } from "../project/supervisor-log.ts";
import type { DetachedRequest, SupervisorReport } from "../supervise-report.ts";
import { followProgress, type ProgressFactory } from "./follow.ts";
import { startFailureFrom } from "./start-failure.ts";

export interface DetachedOptions {
  readonly request: DetachedRequest;
  readonly openView: ProgressFactory;
  readonly signal: AbortSignal;
}

/** Settles with a line to the supervisor once the system is ready. */
export async function startDetached(cli: Cli, options: DetachedOptions): Promise<SystemControl> {
  const { request, openView, signal } = options;
  const child = spawnSupervisor(cli, request);
  const reports = readReports(child);
  try {
    const first = await reports.next(signal);
    if (first.state === "failed") throw startFailureFrom(first.error, request, cli.directory);
    const control = await ControlClient.open(request.stateDir);
    const last = await followProgress(control, openView, () => reports.next(signal));
    if (last.state === "failed") {
      if (!request.keep) await untilExited(child);
      throw startFailureFrom(last.error, request, cli.directory);
    }
    return control;
  } catch (error) {
    if (error instanceof InterruptedError) {
      child.kill("SIGTERM");
      await untilExited(child);
    }
    throw error;
  } finally {
    release(child);
  }
}

function spawnSupervisor(cli: Cli, request: DetachedRequest): ChildProcess {
  const log = openSync(prepareSupervisorLog(request.stateDir), "a", 0o600);
  const { installation } = cli;
  const child = spawn(
    installation.node,
    [...nodeFlags(installation), moduleFile(installation, "supervise")],
    {
      cwd: request.projectDir,
      env: { ...cli.variables },
      detached: true,
      stdio: ["pipe", log, log, "pipe"],
    },
  );
  closeSync(log);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(request));
  return child;
}

interface Reports {
  /** @throws {SystemStartError} when the supervisor ends without a word. */
  next(signal: AbortSignal): Promise<SupervisorReport>;
}

function readReports(child: ChildProcess): Reports {
  const lines = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
  return {
    next: async (signal) => {
      const aborted = new Promise<never>((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
      const line = await Promise.race([lines.next(), aborted]);
      if (line.done !== true) return JSON.parse(line.value) as SupervisorReport;
      throw new SystemStartError(
        "the supervisor ended before the system was ready",
        { system: "", failed: [] },
        ["`ashlar doctor` looks at this machine; logs/supervisor.log says more."],
      );
    },
  };
}

function untilExited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** From here on this process may end without the child noticing. */
function release(child: ChildProcess): void {
  child.unref();
  (child.stdio[3] as Readable).destroy();
}
