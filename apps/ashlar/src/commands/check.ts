/**
 * `ashlar check`: every fault of a definition at once.
 *
 * @module
 */
import { relative } from "node:path";
import { check } from "@ashlar/model";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { loadDefinition } from "../project/load.ts";
import { locateSystem } from "../project/locate.ts";

export function checkCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("check")
    .helpGroup(groups.define)
    .summary("find every fault of a definition")
    .description(
      "Checks a definition in every environment, and reports all faults, each with its path and, where one is near, the right name. Exit code 1 when there are any.",
    )
    .argument("[system]", "name of a system, or path of its system.ts")
    .option("--json", "print the faults as one JSON object")
    .example("ashlar check", "before a commit")
    .action(async (system: string | undefined, flags: { readonly json?: boolean }) => {
      done(await showFaults(cli, system, flags.json === true));
    });
}

async function showFaults(cli: Cli, wanted: string | undefined, json: boolean): Promise<ExitCode> {
  const located = locateSystem(wanted, cli.directory);
  const definition = await loadDefinition(located);
  const faults = check(definition);
  const code = faults.length === 0 ? exitCodes.ok : exitCodes.failed;
  const file = relative(cli.directory, located.file) || located.file;
  if (json) {
    writeJson(cli.out, { system: definition.name, file, ok: faults.length === 0, faults });
    return code;
  }
  const style = styleFor(cli, cli.out);
  if (faults.length === 0) {
    writeLine(cli.out, `${style.green("✔")} ${file}: no faults`);
    return code;
  }
  for (const fault of faults) {
    const rest = fault.message.slice(fault.path.length);
    const known = fault.message.startsWith(fault.path);
    writeLine(
      cli.out,
      `${style.red("✖")} ${known ? style.bold(fault.path) + rest : fault.message}`,
    );
  }
  writeLine(cli.err, `${faults.length === 1 ? "1 fault" : `${faults.length} faults`} in ${file}`);
  return code;
}
