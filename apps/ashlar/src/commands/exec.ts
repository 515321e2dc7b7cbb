/**
 * `ashlar exec`: runs a command where a part would run, with what the part is given.
 *
 * @module
 */
import { spawn } from "node:child_process";
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { CommandNotRunnableError, UsageError } from "../errors.ts";
import type { ExitCode } from "../exit.ts";
import { readPartSurroundings } from "../project/part-surroundings.ts";
import { openRunning } from "../project/running.ts";
import { parseReplica } from "./replica.ts";

interface ExecFlags {
  readonly system?: string;
}

export function execCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("exec")
    .helpGroup(groups.change)
    .summary("run a command as a part would run it")
    .description(
      "Runs a command in the part's directory with its environment: addresses, secrets, configuration. The network policy of the part holds for every Node program that it starts. Its streams are yours, and so is its exit code.",
    )
    .argument("<part>", "a part, or one replica of it as `part/n`")
    .argument("<command...>", "the command and its arguments, after `--`")
    .option("--system <name>", "the system, where several run")
    .example("ashlar exec users -- env", "what the part is given")
    .example('ashlar exec users -- psql "$USERS_DB_URL"', "needs sh -c for variables of the part")
    .example("ashlar exec orders -- node ./orders/backfill.ts", "a script of the part")
    .action(async (target: string, command: readonly string[], flags: ExecFlags) => {
      done(await exec(cli, { target, command, flags }));
    });
}

interface ExecRequest {
  readonly target: string;
  readonly command: readonly string[];
  readonly flags: ExecFlags;
}

async function exec(cli: Cli, { target, command, flags }: ExecRequest): Promise<ExitCode> {
  const { control } = await openRunning(flags.system, cli);
  const { part, replica } = parseReplica(target);
  const [program, ...args] = command;
  if (program === undefined) throw new UsageError("no command to run");
  const surroundings = await readPartSurroundings(control, part, replica);
  const child = spawn(program, args, {
    cwd: surroundings.directory,
    env: { ...surroundings.variables, TERM: cli.variables["TERM"] },
    stdio: "inherit",
  });
  // Ctrl-C reaches the child by its terminal; what it does about it is its own affair.
  using _ignored = cli.onInterrupt((signal) => {
    if (signal !== "SIGINT") child.kill(signal);
  });
  return await new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(new CommandNotRunnableError(program, error));
    });
    child.once("exit", (code, signal) => resolve(exitCodeFrom(code, signal)));
  });
}

/** The command's own code passes through, whatever it is. */
function exitCodeFrom(code: number | null, signal: NodeJS.Signals | null): ExitCode {
  return (code ?? (signal === "SIGINT" ? 130 : 1)) as ExitCode;
}
