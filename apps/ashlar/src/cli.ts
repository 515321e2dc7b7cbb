/**
 * What a command may touch: two streams, the variables, a directory, the clock and the signals.
 *
 * Commands receive a {@link Cli} and read nothing else of the process, so each can be tried in
 * memory. The real one is made in main.ts.
 *
 * @module
 */
import type { Environment } from "@ashlar/foundation";
import type { Installation } from "./installation.ts";
import { createStyle, type Style } from "./render/style.ts";

/** A place to write text to. `columns` and `rows` are the terminal's, or 80 by 24 without one. */
export interface Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** Runs `listener` at each Ctrl-C or order to stop, in place of ending the process. */
export type OnInterrupt = (listener: (signal: NodeJS.Signals) => void) => Disposable;

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Cli {
  /** Results. With `--json`, nothing but JSON. */
  readonly out: Output;
  /** Progress, warnings and errors. */
  readonly err: Output;
  readonly variables: Variables;
  /** The working directory, absolute. */
  readonly directory: string;
  readonly environment: Environment;
  readonly installation: Installation;
  readonly onInterrupt: OnInterrupt;
}

/** Colours for `output`, or none where it is not a terminal or was asked for none. */
export function styleFor(cli: Cli, output: Output): Style {
  return createStyle(wantsColours(output, cli.variables));
}

/** `NO_COLOR` wins over `FORCE_COLOR`, which wins over whether there is a terminal. */
export function wantsColours(output: Pick<Output, "isTerminal">, variables: Variables): boolean {
  if ((variables["NO_COLOR"] ?? "") !== "") return false;
  const forced = variables["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return output.isTerminal && variables["TERM"] !== "dumb";
}

/** One JSON document, on one line. */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

export function writeLine(output: Output, line = ""): void {
  output.write(`${line}\n`);
}
