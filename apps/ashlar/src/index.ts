export type { Cli, Output, Variables } from "./cli.ts";
export { type ExitCode, exitCodes } from "./exit.ts";
export { cliReference } from "./reference.ts";
export { runCli } from "./run.ts";
