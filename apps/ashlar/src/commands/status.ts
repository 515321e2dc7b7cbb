/**
 * `ashlar status`: how the running system is.
 *
 * @module
 */
import type { SystemStatus } from "@ashlar/local";
import type { Plan } from "@ashlar/model";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { interruptible } from "../interrupt.ts";
import { readConsoleToken } from "../project/console-token.ts";
import { type Endpoints, endpointsOf } from "../project/endpoints.ts";
import { openRunning, type RunningSystem } from "../project/running.ts";
import { renderStatus } from "../render/status.ts";

interface StatusFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function statusCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("status")
    .helpGroup(groups.look)
    .summary("show parts, replicas and stores with their states")
    .description(
      "Shows every part and store of a running system: its state, since when, restarts, address.",
    )
    .argument("[system]", "name of a system, or path of its system.ts")
    .option("--json", "print the status as one JSON object")
    .option("-w, --watch", "go on showing it as it changes, until Ctrl-C")
    .example("ashlar status", "the system that runs in this project")
    .example("ashlar status storefront --json | jq .state", "for a program")
    .action(async (system: string | undefined, flags: StatusFlags) => {
      done(await showStatus(cli, system, flags));
    });
}

async function showStatus(
  cli: Cli,
  wanted: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  const running = await openRunning(wanted, cli);
  const plan = await running.control.plan();
  if (flags.watch !== true) {
    const status = await running.control.status();
    show(cli, status, { json: flags.json === true, endpoints: endpoints(running, status, plan) });
    return exitCodes.ok;
  }
  return watch(cli, running, { plan, json: flags.json === true });
}

interface WatchOptions {
  readonly plan: Plan;
  readonly json: boolean;
}

async function watch(cli: Cli, running: RunningSystem, options: WatchOptions): Promise<ExitCode> {
  using interrupt = interruptible(cli);
  const { control } = running;
  const draw = async (): Promise<void> => {
    const status = await control.status();
    if (cli.out.isTerminal && !options.json) cli.out.write("\u001b[H\u001b[2J");
    const shown = endpoints(running, status, options.plan);
    show(cli, status, { json: options.json, endpoints: shown });
  };
  await draw();
  for await (const event of control.events(interrupt.signal)) {
    if (event.type === "notice") continue;
    await draw();
  }
  return interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}

function endpoints(running: RunningSystem, status: SystemStatus, plan: Plan): Endpoints {
  return endpointsOf(status, plan, readConsoleToken(running.stateDir));
}

function show(
  cli: Cli,
  status: SystemStatus,
  options: { readonly json: boolean; readonly endpoints: Endpoints },
): void {
  if (options.json) {
    writeJson(cli.out, { ...status, endpoints: options.endpoints });
    return;
  }
  const style = styleFor(cli, cli.out);
  const wallMs = cli.environment.clock.wallMs();
  const lines = renderStatus(status, { style, wallMs, addresses: options.endpoints });
  for (const line of lines) writeLine(cli.out, line);
}
