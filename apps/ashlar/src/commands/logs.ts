/**
 * `ashlar logs`: what the parts have written.
 *
 * @module
 */
import { join } from "node:path";
import { type LogLevel, type LogLine, type LogQuery, readLogFiles } from "@ashlar/local";
import { Argument, InvalidArgumentError, Option } from "commander";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { interruptible } from "../interrupt.ts";
import { listRunning, openRunning, openState, stateNamed } from "../project/running.ts";
import { renderLogLine } from "../render/log-lines.ts";
import { parseReplica } from "./replica.ts";

interface LogFlags {
  readonly follow?: boolean;
  readonly tail: number;
  readonly search?: string;
  readonly level?: LogLevel;
  readonly system?: string;
  readonly json?: boolean;
}

export function logsCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("logs")
    .helpGroup(groups.look)
    .summary("show what the parts have written")
    .description("Shows the log of every part, or of one part or replica, in the order of time.")
    .addArgument(new Argument("[part]", "a part, or one replica of it as `part/n`"))
    .option("-f, --follow", "go on with new lines as they come, until Ctrl-C")
    .option("-n, --tail <lines>", "how many of the latest lines to begin with", parseTail, 100)
    .option("-s, --search <text>", "only lines that contain this, whatever the case")
    .addOption(
      new Option("-l, --level <level>", "only lines of this level or graver").choices([
        "debug",
        "info",
        "warn",
        "error",
      ]),
    )
    .option("--system <name>", "the system, where several run")
    .option("--json", "one JSON object a line")
    .example("ashlar logs -f", "everything, as it comes")
    .example("ashlar logs orders/0 --level warn", "warnings and errors of one replica")
    .example("ashlar logs --search 7f3a9c -n 1000", "every line of one correlation id")
    .action(async (part: string | undefined, flags: LogFlags) => {
      done(await showLogs(cli, part, flags));
    });
}

async function showLogs(cli: Cli, target: string | undefined, flags: LogFlags): Promise<ExitCode> {
  const query = queryOf(target, flags);
  using interrupt = interruptible(cli);
  const show = printer(cli, flags.json === true);
  const state = stateNamed(flags.system, cli);
  const stopped = state !== null && (await openState(state)) === null;
  if (stopped && (await listRunning(cli)).length === 0) {
    // What it wrote before it stopped is what one wants to know then.
    for (const line of await readLogFiles(join(state.stateDir, "logs"), query)) show(line);
    if (query.follow !== true) return exitCodes.ok;
  }
  const { control } = await openRunning(flags.system, cli);
  for await (const line of control.logs(query, interrupt.signal)) show(line);
  return interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}

function printer(cli: Cli, json: boolean): (line: LogLine) => void {
  const style = styleFor(cli, cli.out);
  let width = 0;
  return (line) => {
    width = Math.max(width, line.instance.length);
    if (json) writeJson(cli.out, line);
    else writeLine(cli.out, renderLogLine(line, style, width));
  };
}

function queryOf(target: string | undefined, flags: LogFlags): LogQuery {
  const { part, replica } = target === undefined ? {} : parseReplica(target);
  return {
    tail: flags.tail,
    follow: flags.follow ?? false,
    ...(part === undefined ? {} : { part }),
    ...(replica === undefined ? {} : { replica }),
    ...(flags.search === undefined ? {} : { search: flags.search }),
    ...(flags.level === undefined ? {} : { level: flags.level }),
  };
}

function parseTail(text: string): number {
  const lines = Number(text);
  if (Number.isInteger(lines) && lines >= 0) return lines;
  throw new InvalidArgumentError("A number of lines, 0 or more.");
}
