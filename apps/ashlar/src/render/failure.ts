/**
 * How an error looks to a person: one clear line, then what helps. Never a raw stack.
 *
 * - CFA1  The first line begins with `ashlar: ` and says what is wrong.
 * - CFA2  A stack is shown with `--verbose` only, except for what nobody foresaw, where the reader is
 *        told how to get it.
 *
 * @module
 */
import { CodedError, describeError, hasCode } from "@ashlar/foundation";
import { CliError, DefinitionBrokenError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import type { Style } from "./style.ts";

/** The exit code that stands for `error`. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (hasCode(error, "DEFINITION_INVALID")) return exitCodes.definitionInvalid;
  if (hasCode(error, "CONTROL_UNREACHABLE")) return exitCodes.notRunning;
  const refusedFor = hasCode(error, "CONTROL_REFUSED") ? error.detail["reason"] : undefined;
  const code = refusedFor ?? (error instanceof CodedError ? error.code : undefined);
  if (code === "PART_UNKNOWN" || code === "REPLICA_UNKNOWN") return exitCodes.usage;
  return exitCodes.failed;
}

/** The lines for the error stream. */
export function renderFailure(error: unknown, style: Style, verbose: boolean): readonly string[] {
  const lines = [`${style.red("ashlar:")} ${describeFailure(error)}`];
  if (error instanceof DefinitionBrokenError && error.excerpt !== "") {
    lines.push("", ...error.excerpt.split("\n").map((line) => paintExcerpt(line, style)), "");
  }
  if (error instanceof CliError) lines.push(...error.hints.map((hint) => `  ${hint}`));
  const foreseen = error instanceof CodedError;
  if (verbose) lines.push(...stacksOf(error).map((line) => style.dim(line)));
  else if (!foreseen) lines.push(`  ${style.dim("Run it again with --verbose to see where.")}`);
  return lines;
}

/** The same as data, for `--json`. */
export function failureAsJson(error: unknown): Record<string, unknown> {
  const coded = error instanceof CodedError;
  return {
    error: {
      code: coded ? error.code : "UNEXPECTED",
      message: describeFailure(error),
      ...(coded ? { detail: error.detail } : {}),
      ...(error instanceof CliError && error.hints.length > 0 ? { hints: error.hints } : {}),
    },
  };
}

function describeFailure(error: unknown): string {
  if (error instanceof CliError) return error.message;
  return describeOnce(error);
}

/** The messages of an error and its causes, without those that an earlier one repeats. */
export function describeOnce(error: unknown): string {
  let text = "";
  for (
    let each = error;
    each !== undefined;
    each = each instanceof Error ? each.cause : undefined
  ) {
    const message = each instanceof Error ? each.message : describeError(each);
    if (!text.includes(message)) text = text === "" ? message : `${text}: ${message}`;
  }
  return text;
}

function paintExcerpt(line: string, style: Style): string {
  if (line.startsWith(">")) return `  ${style.bold(line)}`;
  return /\| *\^$/.test(line) ? `  ${style.red(line)}` : `  ${style.dim(line)}`;
}

function stacksOf(error: unknown): readonly string[] {
  const out: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each !== error) out.push("caused by:");
    out.push(...(each.stack ?? each.message).split("\n"));
  }
  return out;
}
