/**
 * The tree of commands.
 *
 * @module
 */
import type { Cli } from "./cli.ts";
import { wantsColours } from "./cli.ts";
import { CliCommand, type Done } from "./command.ts";
import { checkCommand } from "./commands/check.ts";
import { completionCommand, suggestCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { execCommand } from "./commands/exec.ts";
import { initCommand } from "./commands/init.ts";
import { killCommand } from "./commands/kill.ts";
import { logsCommand } from "./commands/logs.ts";
import { openCommand } from "./commands/open.ts";
import { planCommand } from "./commands/plan.ts";
import { restartCommand } from "./commands/restart.ts";
import { scaleCommand } from "./commands/scale.ts";
import { startCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";
import { upCommand } from "./commands/up.ts";
import { versionCommand } from "./commands/version.ts";
import { exitCodeMeanings } from "./exit.ts";

type CommandFactory = (cli: Cli, done: Done) => CliCommand;

/** In the order in which the help lists them. */
const commands: readonly CommandFactory[] = [
  upCommand,
  downCommand,
  statusCommand,
  logsCommand,
  openCommand,
  restartCommand,
  scaleCommand,
  stopCommand,
  startCommand,
  killCommand,
  execCommand,
  checkCommand,
  planCommand,
  initCommand,
  doctorCommand,
  completionCommand,
  versionCommand,
];

export function createProgram(cli: Cli, done: Done): CliCommand {
  const program = new CliCommand("ashlar");
  program
    .description("Runs stateful distributed systems from one typed definition.")
    .version(cli.installation.version, "-V, --version", "print the version")
    .option("--verbose", "show the stack of an error")
    .helpOption("-h, --help", "show help for a command")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", helpTail)
    .showSuggestionAfterError(true);
  for (const create of commands) program.addCommand(create(cli, done));
  program.addCommand(
    suggestCommand(cli, done, () => program),
    { hidden: true },
  );
  for (const command of [program, ...program.commands]) configure(command as CliCommand, cli);
  return program;
}

function configure(command: CliCommand, cli: Cli): void {
  command
    .exitOverride()
    .helpOption("-h, --help", "show this help")
    .configureOutput({
      writeOut: (text) => cli.out.write(text),
      // Errors are worded by run.ts; commander's own line would be a second one.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(100, cli.out.columns),
      getOutHasColors: () => wantsColours(cli.out, cli.variables),
    })
    .configureHelp({ sortSubcommands: false, subcommandTerm: (each) => each.name() });
}

function helpTail(): string {
  const codes = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  return [
    "",
    "Exit codes:",
    ...codes,
    "",
    "Begin with `ashlar init my-system`, or `ashlar up` where there is a system.ts.",
    "",
  ].join("\n");
}
