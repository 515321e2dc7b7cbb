/**
 * `ashlar up`: starts a whole system on this machine.
 *
 * @module
 */

import { dirname } from "node:path";
import { suggest } from "@ashlar/foundation";
import type { SystemControl } from "@ashlar/local";
import { type Plan, plan as planOf } from "@ashlar/model";
import { openInBrowser } from "../browser.ts";
import { type Cli, styleFor, type Variables, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { variableOf } from "../engines/overrides.ts";
import { UsageError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { interruptible } from "../interrupt.ts";
import { readConsoleToken } from "../project/console-token.ts";
import { type Endpoints, endpointsOf, publicEndpointsOf } from "../project/endpoints.ts";
import { loadDefinition } from "../project/load.ts";
import { locateSystem, stateDirectoryOf } from "../project/locate.ts";
import { openState, type RunningSystem } from "../project/running.ts";
import { openSupervisorLog, prepareSupervisorLog } from "../project/supervisor-log.ts";
import { openProgress, type ProgressView } from "../render/progress.ts";
import { renderReady } from "../render/ready.ts";
import type { SupervisionRequest } from "../supervision.ts";
import { launchSupervisor } from "../up/detached.ts";
import { superviseInForeground } from "../up/foreground.ts";
import { parseReplicaCounts } from "./replica.ts";

interface UpFlags {
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly replicas?: readonly string[];
  readonly env?: string;
  readonly console: boolean;
  readonly open?: boolean;
  readonly keep?: boolean;
}

export function upCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("up")
    .helpGroup(groups.run)
    .summary("start a system: its databases, its parts, its console")
    .description(
      "Starts a system: its databases first, then its parts in the order of their dependencies, each ready before the next. Shows progress, then the addresses, then the logs until Ctrl-C; with --detach it returns once all is ready.",
    )
    .argument("[system]", "name of a system, or path of its system.ts")
    .option("-d, --detach", "leave it running and return once every part is ready")
    .option("--json", "print the addresses as one JSON object, progress as JSON lines on stderr")
    .option("--replicas <part=n...>", "replicas instead of what the definition says")
    .option("-e, --env <name>", "environment of the definition; default `dev` where there is one")
    .option("--no-console", "without the console (and its mailbox)")
    .option("--open", "open the console in a browser once all is ready")
    .option("--keep", "when a part does not come up, keep the rest running")
    .example("ashlar up", "the system of this directory, or the only one of the project")
    .example("ashlar up storefront --detach --json", "for a script: one line once it is ready")
    .example("ashlar up storefront --replicas orders=3", "more of one part")
    .example("DATABASE_URL=postgres://… ashlar up", "on a PostgreSQL of your own")
    .action(async (system: string | undefined, flags: UpFlags) => {
      done(await up(cli, system, flags));
    });
}

async function up(cli: Cli, wanted: string | undefined, flags: UpFlags): Promise<ExitCode> {
  const beganMs = cli.environment.clock.monotonicMs();
  const located = locateSystem(wanted, cli.directory);
  const projectDir = dirname(located.file);
  using launched = flags.detach === true ? launchSupervisor(cli, projectDir) : null;
  const definition = await loadDefinition(located);
  const plan = planOf(definition, flags.env === undefined ? {} : { environment: flags.env });
  const replicas = checkedReplicas(plan, flags.replicas ?? []);
  const stateDir = stateDirectoryOf(located.root, plan.system, cli.variables);
  if (!flags.console) refuseLostMail(plan, cli.variables);
  const running = await openState({ system: plan.system, stateDir });
  if (running !== null) return alreadyRunning(cli, running, flags);

  const request = { plan, projectDir, stateDir, replicas, console: flags.console };
  const announce = (control: SystemControl): Promise<void> =>
    announceReady(cli, control, { request, flags, beganMs });
  const openView = viewFactory(cli, plan, flags.json === true);
  if (launched !== null) {
    using interrupt = interruptible(cli);
    const control = await launched.start({
      request: { ...request, keep: flags.keep === true },
      openView: () => openView("up"),
      signal: interrupt.signal,
    });
    await announce(control);
    return exitCodes.ok;
  }
  const log = openSupervisorLog(prepareSupervisorLog(stateDir), cli.environment.clock);
  const [json, keep] = [flags.json === true, flags.keep === true];
  return await superviseInForeground(cli, { request, log, json, keep, openView, announce });
}

function viewFactory(cli: Cli, plan: Plan, json: boolean): (goal: "up" | "down") => ProgressView {
  return (goal) =>
    openProgress({
      output: cli.err,
      style: styleFor(cli, cli.err),
      clock: cli.environment.clock,
      title: `${goal === "up" ? "Starting" : "Stopping"} ${plan.system} (${plan.environment})`,
      json,
      goal,
    });
}

function checkedReplicas(plan: Plan, texts: readonly string[]): Readonly<Record<string, number>> {
  const counts = parseReplicaCounts(texts);
  const parts = Object.keys(plan.parts);
  for (const part of Object.keys(counts)) {
    if (parts.includes(part)) continue;
    const nearest = suggest(part, parts);
    const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    throw new UsageError(`--replicas: unknown part "${part}"${meant}`, [
      `The parts are: ${parts.join(", ")}.`,
    ]);
  }
  return counts;
}

/** The mailbox is the console's: without it, a relay must be given. */
function refuseLostMail(plan: Plan, variables: Variables): void {
  const lost = Object.values(plan.externals)
    .filter((external) => external.local === "mailbox")
    .map((external) => ({ name: external.name, variable: variableOf(external.name) }))
    .find(({ variable }) => (variables[variable] ?? "") === "");
  if (lost === undefined) return;
  throw new UsageError(`--no-console leaves "${lost.name}" without its mailbox`, [
    `Set ${lost.variable} to a relay, for example ${lost.variable}=smtp://127.0.0.1:2525`,
  ]);
}

/** Asking twice is no fault; but what has changed since is not applied, and that is said. */
async function alreadyRunning(cli: Cli, running: RunningSystem, flags: UpFlags): Promise<ExitCode> {
  const { control, system, stateDir } = running;
  const [status, plan] = await Promise.all([control.status(), control.plan()]);
  const endpoints = endpointsOf(status, plan, readConsoleToken(stateDir));
  if (flags.json === true) {
    writeJson(cli.out, { system, state: status.state, endpoints });
    return exitCodes.ok;
  }
  const style = styleFor(cli, cli.out);
  const shown = publicEndpointsOf(endpoints, plan);
  const title = `${system} runs already (${status.state})`;
  for (const line of renderReady(title, shown, style)) writeLine(cli.out, line);
  writeLine(cli.err, `To start it anew: \`ashlar down ${system}\`, then \`ashlar up ${system}\`.`);
  return exitCodes.ok;
}

interface Announcement {
  readonly request: SupervisionRequest;
  readonly flags: UpFlags;
  readonly beganMs: number;
}

async function announceReady(
  cli: Cli,
  control: SystemControl,
  { request, flags, beganMs }: Announcement,
): Promise<void> {
  const { plan, stateDir } = request;
  const status = await control.status();
  const endpoints: Endpoints = endpointsOf(status, plan, readConsoleToken(stateDir));
  if (flags.json === true) {
    writeJson(cli.out, { system: plan.system, state: status.state, endpoints });
  } else {
    const style = styleFor(cli, cli.out);
    const elapsedMs = cli.environment.clock.monotonicMs() - beganMs;
    const shown = publicEndpointsOf(endpoints, plan);
    for (const line of renderReady(plan.system, shown, style, elapsedMs)) writeLine(cli.out, line);
    const stop =
      flags.detach === true ? `\`ashlar down ${plan.system}\` stops it` : "Ctrl-C stops it";
    writeLine(cli.err, style.dim(`${stop}; \`ashlar status\`, \`ashlar logs -f\` look at it.`));
  }
  const page = endpoints["console"];
  if (flags.open === true && page !== undefined) openInBrowser(cli, page);
}
