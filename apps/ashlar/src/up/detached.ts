/**
 * Starts a supervisor in a session of its own and follows it until the system is ready.
 *
 * - CDE1  The supervisor outlives this process, its terminal and its session.
 * - CDE2  Whatever ends the start (a failure, Ctrl-C) is awaited: nothing is left half started,
 *        unless `keep` asks for it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ControlClient, type SystemControl } from "@ashlar/local";
import type { Cli } from "../cli.ts";
import { InterruptedError, SystemStartError } from "../errors.ts";
import { moduleFile, nodeFlags } from "../installation.ts";
import type { DetachedRequest, SupervisorReport } from "../supervise-report.ts";
import { followProgress, type ProgressFactory } from "./follow.ts";
import { startFailureFrom } from "./start-failure.ts";

interface DetachedOptions {
  readonly request: DetachedRequest;
  readonly openView: ProgressFactory;
  readonly signal: AbortSignal;
}

/** A supervisor's process that waits for its request. Disposed of without one, it ends. */
export interface LaunchedSupervisor extends Disposable {
  /** Settles with a line to the supervisor once the system is ready. */
  start(options: DetachedOptions): Promise<SystemControl>;
}

/** Starts the process ahead of its request, so that it loads while the definition is loaded. */
export function launchSupervisor(cli: Cli, projectDir: string): LaunchedSupervisor {
  const { installation } = cli;
  const child = spawn(
    installation.node,
    [...nodeFlags(installation), moduleFile(installation, "supervise")],
    {
      cwd: projectDir,
      env: { ...cli.variables, NODE_COMPILE_CACHE: compileCache(cli) },
      detached: true,
      stdio: ["pipe", "ignore", "pipe", "pipe"],
    },
  );
  child.stdin?.on("error", () => undefined);
  // The process being gone shows at the end of its reports.
  child.on("error", () => undefined);
  let started = false;
  return {
    start: (options) => {
      started = true;
      return startDetached(cli, child, options);
    },
    [Symbol.dispose]: () => {
      if (!started) child.kill("SIGKILL");
    },
  };
}

function compileCache(cli: Cli): string | undefined {
  return cli.variables["NODE_COMPILE_CACHE"] ?? compileCacheDirectory();
}

/** Node names the directory of its own version within the one that it was given. */
function compileCacheDirectory(): string | undefined {
  const own = getCompileCacheDir();
  return own === undefined ? undefined : dirname(own);
}

type SupervisorProcess = ReturnType<typeof spawn>;

async function startDetached(
  cli: Cli,
  child: SupervisorProcess,
  options: DetachedOptions,
): Promise<SystemControl> {
  const { request, openView, signal } = options;
  child.stdin?.end(JSON.stringify(request));
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

interface Reports {
  /** @throws {SystemStartError} when the supervisor ends without a word. */
  next(signal: AbortSignal): Promise<SupervisorReport>;
}

function readReports(child: SupervisorProcess): Reports {
  let said = "";
  (child.stderr as Readable).setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
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
        [...said.trim().split("\n").slice(-5), "`ashlar doctor` looks at this machine."],
      );
    },
  };
}

function untilExited(child: SupervisorProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** From here on this process may end without the child noticing. */
function release(child: SupervisorProcess): void {
  child.unref();
  (child.stderr as Readable).destroy();
  (child.stdio[3] as Readable).destroy();
}
