/**
 * `ashlar down`: ends a system, and with `--wipe` removes what it kept.
 *
 * - CDN1  It succeeds only once no process of the system is left.
 * - CDN2  Data is removed by `--wipe` alone.
 *
 * @module
 */
import { rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCode } from "@ashlar/foundation";
import { cleanUp } from "@ashlar/local";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { SystemNotRunningError, UsageError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { interruptible } from "../interrupt.ts";
import {
  listStates,
  openRunning,
  openState,
  type RunningSystem,
  type SystemState,
  stateNamed,
} from "../project/running.ts";
import { openProgress } from "../render/progress.ts";
import { formatElapsed } from "../render/style.ts";
import { followProgress } from "../up/follow.ts";

interface DownFlags {
  readonly wipe?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function downCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("down")
    .helpGroup(groups.run)
    .summary("end a system in an orderly way")
    .description(
      "Ends every part, then the databases, each within its grace. Data stays for the next `up`, unless --wipe removes it.",
    )
    .argument("[system]", "name of a system, or path of its system.ts")
    .option("--wipe", "remove its state as well: databases, secrets, logs")
    .option("-a, --all", "every system of this project")
    .option("--json", "print the outcome as one JSON object a system")
    .example("ashlar down", "the system that runs in this project")
    .example("ashlar down --wipe", "and start from nothing the next time")
    .action(async (system: string | undefined, flags: DownFlags) => {
      done(await down(cli, system, flags));
    });
}

async function down(cli: Cli, wanted: string | undefined, flags: DownFlags): Promise<ExitCode> {
  if (flags.all === true) {
    if (wanted !== undefined) throw new UsageError("--all and a system's name exclude each other");
    return downAll(cli, flags);
  }
  const state = stateNamed(wanted, cli);
  if (state === null) return downRunning(cli, await openRunning(wanted, cli), flags);
  const running = await openState(state);
  if (running !== null) return downRunning(cli, running, flags);
  const found = await downStopped(cli, state, flags);
  if (found) return exitCodes.ok;
  throw new SystemNotRunningError(state.system);
}

async function downAll(cli: Cli, flags: DownFlags): Promise<ExitCode> {
  const states = listStates(cli);
  let found = 0;
  for (const state of states) {
    const running = await openState(state);
    if (running !== null) await downRunning(cli, running, flags);
    else if (!(await downStopped(cli, state, flags))) continue;
    found += 1;
  }
  if (found === 0) throw new SystemNotRunningError(null);
  return exitCodes.ok;
}

async function downRunning(cli: Cli, running: RunningSystem, flags: DownFlags): Promise<ExitCode> {
  const { system, stateDir, control } = running;
  const { clock } = cli.environment;
  const beganMs = clock.monotonicMs();
  const wipe = flags.wipe === true;
  const openView = () =>
    openProgress({
      output: cli.err,
      style: styleFor(cli, cli.err),
      clock,
      title: `Stopping ${system}`,
      json: flags.json === true,
      goal: "down",
    });
  await followProgress(control, openView, () => control.down());
  if (wipe) await wipeState(cli, stateDir);
  report(cli, flags, { system, wiped: wipe, elapsedMs: clock.monotonicMs() - beganMs });
  return exitCodes.ok;
}

/** What a supervisor left that ended without cleaning up, or, to wipe, what a run kept. */
async function downStopped(cli: Cli, state: SystemState, flags: DownFlags): Promise<boolean> {
  const { clock } = cli.environment;
  const beganMs = clock.monotonicMs();
  const wipe = flags.wipe === true;
  const ended = await cleanUp(state.stateDir, { wipe: false });
  if (wipe) await wipeState(cli, state.stateDir);
  if (ended.length === 0 && !wipe) return false;
  const elapsedMs = clock.monotonicMs() - beganMs;
  report(cli, flags, { system: state.system, wiped: wipe, elapsedMs });
  return true;
}

const lockPatienceMs = 10_000;

/** Everything that a run keeps, wherever it is. */
async function wipeState(cli: Cli, stateDir: string): Promise<void> {
  const { clock } = cli.environment;
  const untilMs = clock.monotonicMs() + lockPatienceMs;
  using interrupt = interruptible(cli);
  // Where the project's directory is closed to PostgreSQL's user, the database lies elsewhere.
  const { EmbeddedPostgres } = await import("@ashlar/postgres");
  await EmbeddedPostgres.remove(join(stateDir, "data", "postgres"));
  for (;;) {
    try {
      await cleanUp(stateDir, { wipe: true });
      break;
    } catch (error) {
      // The supervisor has answered, and is just now ending itself.
      if (!hasCode(error, "STATE_LOCKED") || clock.monotonicMs() > untilMs) throw error;
      await clock.sleep(20, interrupt.signal);
    }
  }
  removeCaches(stateDir);
}

/** What the console keeps beside the state; then the directories, where nothing else is in them. */
function removeCaches(stateDir: string): void {
  rmSync(join(stateDir, "cache"), { recursive: true, force: true });
  for (const directory of [stateDir, dirname(stateDir)]) {
    try {
      rmdirSync(directory);
    } catch {
      return; // Somebody else's files, or another system's state.
    }
  }
}

function report(
  cli: Cli,
  flags: DownFlags,
  outcome: { readonly system: string; readonly wiped: boolean; readonly elapsedMs: number },
): void {
  if (flags.json === true) {
    writeJson(cli.out, { ...outcome, state: "stopped", elapsedMs: Math.round(outcome.elapsedMs) });
    return;
  }
  const tick = styleFor(cli, cli.out).green("✔");
  const kept = outcome.wiped ? "; its state is removed" : "; its data stays";
  writeLine(
    cli.out,
    `${tick} ${outcome.system} stopped in ${formatElapsed(outcome.elapsedMs)}${kept}`,
  );
}
