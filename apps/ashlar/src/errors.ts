/**
 * Everything that the command line refuses, by code. Each error says what to do next.
 *
 * @module
 */
import { CodedError, type ErrorDetail } from "@ashlar/foundation";
import { type ExitCode, exitCodes } from "./exit.ts";

/** An error that decides the exit code, and may carry lines that help the reader further. */
export abstract class CliError<
  Code extends string = string,
  Detail extends ErrorDetail = ErrorDetail,
> extends CodedError<Code, Detail> {
  abstract readonly exitCode: ExitCode;
  /** Printed below the message, each on a line of its own. */
  readonly hints: readonly string[];

  constructor(
    code: Code,
    message: string,
    options: { readonly detail: Detail; readonly hints?: readonly string[]; cause?: unknown },
  ) {
    super(code, message, options.detail, { cause: options.cause });
    this.hints = options.hints ?? [];
  }
}

/** Thrown when a command or its arguments make no sense. Never retried: type it differently. */
export class UsageError extends CliError<"USAGE_INVALID", Record<never, never>> {
  readonly exitCode: ExitCode = exitCodes.usage;

  constructor(message: string, hints: readonly string[] = []) {
    super("USAGE_INVALID", message, { detail: {}, hints });
  }
}

/** Thrown when no `system.ts` fits what was asked for. The hints list those that were found. */
export class SystemNotFoundError extends CliError<
  "SYSTEM_NOT_FOUND",
  { readonly wanted: string | null; readonly candidates: readonly string[] }
> {
  readonly exitCode: ExitCode = exitCodes.usage;

  constructor(
    message: string,
    detail: { readonly wanted: string | null; readonly candidates: readonly string[] },
    hints: readonly string[],
  ) {
    super("SYSTEM_NOT_FOUND", message, { detail, hints });
  }
}

/** Where in a file something is wrong; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Thrown when a `system.ts` does not parse, cannot import, throws, or exports no system. Correct the
 * file at the place that it names; not worth a retry before.
 */
export class DefinitionBrokenError extends CliError<
  "DEFINITION_BROKEN",
  { readonly file: string; readonly place: SourcePlace | null }
> {
  readonly exitCode: ExitCode = exitCodes.definitionInvalid;
  /** The lines around the place, with a caret; empty where the place is not known. */
  readonly excerpt: string;

  constructor(
    message: string,
    options: {
      readonly file: string;
      readonly place: SourcePlace | null;
      readonly excerpt: string;
      readonly hints?: readonly string[];
      readonly cause?: unknown;
    },
  ) {
    const { file, place, hints, cause } = options;
    super("DEFINITION_BROKEN", message, { detail: { file, place }, hints: hints ?? [], cause });
    this.excerpt = options.excerpt;
  }
}

/** Thrown when a command needs a running system and there is none. Start it with `ashlar up`. */
export class SystemNotRunningError extends CliError<
  "SYSTEM_NOT_RUNNING",
  { readonly system: string | null }
> {
  readonly exitCode: ExitCode = exitCodes.notRunning;

  constructor(system: string | null, hints: readonly string[] = []) {
    const what = system === null ? "no system of this project" : `"${system}"`;
    const verb = system === null ? "runs" : "is not running";
    super("SYSTEM_NOT_RUNNING", `${what} ${verb}`, {
      detail: { system },
      hints: hints.length > 0 ? hints : [`Start it with \`ashlar up${forUp(system)}\`.`],
    });
  }
}

function forUp(system: string | null): string {
  return system === null ? "" : ` ${system}`;
}

/**
 * Thrown by `up` when a part or store did not become ready. The hints hold the last lines of its
 * log. Try again once its cause is removed.
 */
export class SystemStartError extends CliError<
  "SYSTEM_START_FAILED",
  { readonly system: string; readonly failed: readonly string[] }
> {
  readonly exitCode: ExitCode = exitCodes.failed;

  constructor(
    message: string,
    detail: { readonly system: string; readonly failed: readonly string[] },
    hints: readonly string[],
  ) {
    super("SYSTEM_START_FAILED", message, { detail, hints });
  }
}

/** Thrown by `exec` when what a part was given cannot be read. Try again once the part runs. */
export class PartNotObservableError extends CliError<
  "PART_NOT_OBSERVABLE",
  { readonly part: string }
> {
  readonly exitCode: ExitCode = exitCodes.failed;

  constructor(part: string, reason: string, cause?: unknown) {
    super("PART_NOT_OBSERVABLE", `cannot run as ${part}: ${reason}`, {
      detail: { part },
      hints: ["`ashlar status` shows which parts run."],
      cause,
    });
  }
}

/** Thrown by `exec` when the command is not found or may not be run. Correct the command. */
export class CommandNotRunnableError extends CliError<
  "COMMAND_NOT_RUNNABLE",
  { readonly command: string }
> {
  readonly exitCode: ExitCode = exitCodes.failed;

  constructor(command: string, cause: Error) {
    super("COMMAND_NOT_RUNNABLE", `${command} does not start: ${cause.message}`, {
      detail: { command },
      cause,
    });
  }
}

/** Thrown by `init` where it would overwrite something. Choose an empty or a new directory. */
export class ProjectExistsError extends CliError<
  "PROJECT_EXISTS",
  { readonly directory: string; readonly entries: readonly string[] }
> {
  readonly exitCode: ExitCode = exitCodes.failed;

  constructor(directory: string, entries: readonly string[]) {
    super("PROJECT_EXISTS", `${directory} is not empty (${entries.slice(0, 4).join(", ")})`, {
      detail: { directory, entries },
      hints: ["Name another directory: `ashlar init my-system`."],
    });
  }
}

/** Thrown when an order to a running system was interrupted by Ctrl-C. */
export class InterruptedError extends CliError<"INTERRUPTED", Record<never, never>> {
  readonly exitCode: ExitCode = exitCodes.interrupted;

  constructor() {
    super("INTERRUPTED", "interrupted", { detail: {} });
  }
}
