/**
 * `ashlar version`: what this is and what it runs on.
 *
 * @module
 */
import { type Cli, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { exitCodes } from "../exit.ts";

export function versionCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("version")
    .helpGroup(groups.setUp)
    .summary("print the versions of Ashlar and Node")
    .description("Prints the version of Ashlar, of the Node that runs it, and where it lies.")
    .option("--json", "print them as one JSON object")
    .example("ashlar version --json", "for a program")
    .action((flags: { readonly json?: boolean }) => {
      const { version, room, fromSource } = cli.installation;
      const node = process.version;
      if (flags.json === true) writeJson(cli.out, { ashlar: version, node, room, fromSource });
      else writeLine(cli.out, `ashlar ${version} (node ${node}, ${room})`);
      done(exitCodes.ok);
    });
}
