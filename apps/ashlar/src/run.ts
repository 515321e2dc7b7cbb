/**
 * Runs one command line and says how it ended. The only place that turns errors into exit codes.
 *
 * - CRUN1  Every error becomes one clear message and one documented exit code.
 * - CRUN2  With `--json` the error is JSON on the result stream, and nothing else is there.
 *
 * @module
 */
import { CommanderError } from "commander";
import { type Cli, styleFor, writeJson, writeLine } from "./cli.ts";
import { UsageError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { createProgram } from "./program.ts";
import { exitCodeOf, failureAsJson, renderFailure } from "./render/failure.ts";

/** `words` are the arguments after `ashlar`. Never throws. */
export async function runCli(cli: Cli, words: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram(cli, (earned) => {
    code = earned;
  });
  try {
    if (words.length === 0) {
      cli.out.write(program.helpInformation());
      return exitCodes.ok;
    }
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    return report(cli, words, error);
  }
}

function report(cli: Cli, words: readonly string[], thrown: unknown): ExitCode {
  const error = thrown instanceof CommanderError ? usageErrorFrom(thrown, words) : thrown;
  if (error === null) return exitCodes.ok;
  const options = beforeDashes(words);
  if (options.includes("--json")) {
    writeJson(cli.out, failureAsJson(error));
  } else {
    const style = styleFor(cli, cli.err);
    for (const line of renderFailure(error, style, options.includes("--verbose"))) {
      writeLine(cli.err, line);
    }
  }
  return exitCodeOf(error);
}

/** Null where commander only wanted to end after printing help or the version. */
function usageErrorFrom(error: CommanderError, words: readonly string[]): UsageError | null {
  if (error.exitCode === 0) return null;
  const [first, ...rest] = error.message.replace(/^error: /, "").split("\n");
  const meant = rest.join(" ").replace(/^\(Did you mean (.*)\?\)$/, '; did you mean "$1"?');
  const command = words.find((word) => !word.startsWith("-"));
  const known = command !== undefined && error.code !== "commander.unknownCommand";
  const help = known ? `ashlar ${command} --help` : "ashlar help";
  const text = (first ?? "").replaceAll("'", '"').replace(/\.$/, "");
  const hints = [`\`${help}\` shows what can be typed.`];
  if (command === "exec" && error.code === "commander.unknownOption") {
    hints.unshift("Options of the command to run go after `--`: `ashlar exec users -- env -0`.");
  }
  return new UsageError(`${text}${meant}`, hints);
}

function beforeDashes(words: readonly string[]): readonly string[] {
  const dashes = words.indexOf("--");
  return dashes < 0 ? words : words.slice(0, dashes);
}
