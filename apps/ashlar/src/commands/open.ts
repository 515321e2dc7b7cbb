/**
 * `ashlar open`: prints an address of the running system, and opens it where there is a browser.
 *
 * @module
 */
import { suggest } from "@ashlar/foundation";
import { canOpenBrowser, openInBrowser } from "../browser.ts";
import { type Cli, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { UsageError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { readConsoleToken } from "../project/console-token.ts";
import { endpointsOf } from "../project/endpoints.ts";
import { openRunning } from "../project/running.ts";

interface OpenFlags {
  readonly system?: string;
  readonly json?: boolean;
}

export function openCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("open")
    .helpGroup(groups.look)
    .summary("print the console's or a part's address, and open it")
    .description(
      "Prints an address. On a terminal with a browser the page is opened as well; elsewhere the address is all that is printed.",
    )
    .argument("[name]", "`console`, a part, or `part.port`", "console")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the address as one JSON object")
    .example("ashlar open", "the console")
    .example('curl "$(ashlar open api)/api/products"', "the gateway, in a script")
    .action(async (name: string, flags: OpenFlags) => {
      done(await open(cli, name, flags));
    });
}

async function open(cli: Cli, name: string, flags: OpenFlags): Promise<ExitCode> {
  const { control, stateDir, system } = await openRunning(flags.system, cli);
  const [status, plan] = await Promise.all([control.status(), control.plan()]);
  const endpoints = endpointsOf(status, plan, readConsoleToken(stateDir));
  const address = endpoints[name];
  if (address === undefined) {
    const nearest = suggest(name, Object.keys(endpoints));
    const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    throw new UsageError(`${system} has no address "${name}"${meant}`, [
      `It has: ${Object.keys(endpoints).join(", ")}.`,
    ]);
  }
  if (flags.json === true) writeJson(cli.out, { name, address });
  else writeLine(cli.out, address);
  const page = name === "console" || plan.parts[name]?.kind === "site";
  if (page && flags.json !== true && canOpenBrowser(cli)) openInBrowser(cli, address);
  return exitCodes.ok;
}
