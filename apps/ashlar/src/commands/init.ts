/**
 * `ashlar init`: a new project that runs.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { exitCodes } from "../exit.ts";
import { linkInstallation, projectNameFrom, writeProject } from "../project/new-project.ts";

interface InitFlags {
  readonly name?: string;
  readonly link?: boolean;
  readonly json?: boolean;
}

export function initCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("init")
    .helpGroup(groups.define)
    .summary("make a new project that runs")
    .description(
      "Makes a project with a service, a PostgreSQL and a gateway, which `ashlar up` runs at once. Packages are linked to this installation unless they can be found already.",
    )
    .argument("[dir]", "where; made if it does not exist, refused if it is not empty", ".")
    .option("--name <name>", "the system's name; default: the directory's")
    .option("--link", "only link the packages of an existing project to this installation")
    .option("--json", "print what was made as one JSON object")
    .example(
      "ashlar init my-system && cd my-system && ashlar up",
      "from nothing to a running system",
    )
    .example("ashlar init --link", "in a fresh clone of such a project")
    .action((dir: string, flags: InitFlags) => {
      init(cli, dir, flags);
      done(exitCodes.ok);
    });
}

function init(cli: Cli, dir: string, flags: InitFlags): void {
  const directory = resolve(cli.directory, dir);
  const { installation } = cli;
  const name = projectNameFrom(flags.name, directory);
  const files = flags.link === true ? [] : writeProject({ directory, name, installation });
  const links = linkInstallation(directory, installation);
  if (flags.json === true) {
    writeJson(cli.out, { name, directory, files, links });
    return;
  }
  const style = styleFor(cli, cli.out);
  const shown = relative(cli.directory, directory) || ".";
  if (files.length > 0) {
    writeLine(cli.out, `${style.green("✔")} made ${style.bold(name)} in ${shown}`);
    for (const file of files) writeLine(cli.out, `  ${style.dim(file)}`);
  }
  if (links.length > 0) {
    writeLine(
      cli.out,
      `${style.green("✔")} linked ${links.length} packages of ${installation.root}`,
    );
  }
  const enter = shown === "." ? "" : `cd ${shown} && `;
  writeLine(cli.out, `Next: ${style.bold(`${enter}ashlar up`)}`);
}
