/**
 * Supervises a system in this process, until Ctrl-C.
 *
 * - CFG1  The first Ctrl-C ends the system in an orderly way and is awaited; a second one, not sooner
 *        than {@link secondPressMs} after it, ends this process at once, and with it every part.
 *
 * @module
 */
import type { Log } from "@ashlar/foundation";
import type { Supervisor, SystemControl } from "@ashlar/local";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { InterruptedError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { renderLogLine } from "../render/log-lines.ts";
import { reportedFrom } from "../supervise-report.ts";
import type { SupervisionRequest } from "../supervision.ts";
import { followProgress, type ProgressFactory } from "./follow.ts";
import { startFailureFrom } from "./start-failure.ts";

/** A terminal's Ctrl-C may reach a process twice, directly and through its parent. */
const secondPressMs = 400;

export interface ForegroundOptions {
  readonly request: SupervisionRequest;
  readonly log: Log;
  readonly json: boolean;
  /** Go on supervising when the system does not come up. */
  readonly keep: boolean;
  readonly openView: (goal: "up" | "down") => ReturnType<ProgressFactory>;
  /** Called once, when the system is ready. */
  readonly announce: (control: SystemControl) => Promise<void>;
}

export async function superviseInForeground(
  cli: Cli,
  options: ForegroundOptions,
): Promise<ExitCode> {
  using presses = countPresses(cli);
  const run = supervise(cli, options, presses.first);
  return await Promise.race([run, presses.second]);
}

async function supervise(
  cli: Cli,
  options: ForegroundOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { request, log } = options;
  const { environment, variables } = cli;
  // The supervisor's own signal is never aborted: `down` below is awaited and shown instead.
  const lifetime = new AbortController();
  const modules = { environment, variables, log, signal: lifetime.signal };
  // Loaded only here: no other command pays for the engines.
  const { superviseSystem } = await import("../supervision.ts");
  const supervisor = await superviseSystem(request, modules);
  const failure = await untilReady(supervisor, options, signal);
  if (failure === null) await options.announce(supervisor);
  else if (!options.keep || failure instanceof InterruptedError) {
    await bringDown(supervisor, options);
    throw failure instanceof InterruptedError
      ? failure
      : startFailureFrom(reportedFrom(failure), request, cli.directory);
  } else {
    writeLine(
      cli.err,
      `  ${startFailureFrom(reportedFrom(failure), request, cli.directory).message}`,
    );
  }
  await streamLogs(cli, supervisor, { json: options.json, signal });
  if (!signal.aborted) return exitCodes.ok; // Brought down by `ashlar down`.
  await bringDown(supervisor, options);
  return exitCodes.interrupted;
}

/** Null when ready; otherwise what it failed with. */
async function untilReady(
  supervisor: Supervisor,
  options: ForegroundOptions,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    await followProgress(
      supervisor,
      () => options.openView("up"),
      () => supervisor.untilReady(signal),
    );
    return null;
  } catch (error) {
    return signal.aborted ? new InterruptedError() : error;
  }
}

async function bringDown(supervisor: Supervisor, options: ForegroundOptions): Promise<void> {
  await followProgress(
    supervisor,
    () => options.openView("down"),
    () => supervisor.down(),
  );
}

async function streamLogs(
  cli: Cli,
  supervisor: Supervisor,
  options: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const style = styleFor(cli, cli.out);
  let width = 0;
  const stop = new AbortController();
  void supervisor.stopped.then(() => stop.abort());
  const signal = AbortSignal.any([options.signal, stop.signal]);
  for await (const line of supervisor.logs({ tail: 0, follow: true }, signal)) {
    width = Math.max(width, line.instance.length);
    if (options.json) writeJson(cli.out, { event: "log", ...line });
    else writeLine(cli.out, renderLogLine(line, style, width));
  }
}

export interface Presses extends Disposable {
  /** Aborted by the first Ctrl-C. */
  readonly first: AbortSignal;
  /** Settles with the second. */
  readonly second: Promise<ExitCode>;
}

/** Counts each Ctrl-C from now on (CFG1). */
export function countPresses(cli: Cli): Presses {
  const first = new AbortController();
  const second = Promise.withResolvers<ExitCode>();
  let firstMs = 0;
  const subscription = cli.onInterrupt(() => {
    const nowMs = cli.environment.clock.monotonicMs();
    if (!first.signal.aborted) {
      firstMs = nowMs;
      first.abort(new InterruptedError());
    } else if (nowMs - firstMs >= secondPressMs) second.resolve(exitCodes.interrupted);
  });
  return {
    first: first.signal,
    second: second.promise,
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
