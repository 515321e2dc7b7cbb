/**
 * `ashlar doctor`: can this machine run a system, and if not, what to do.
 *
 * @module
 */
import { type Plan, plan as planOf } from "@ashlar/model";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { type Finding, judge, type Verdict, worst } from "../doctor/judge.ts";
import { readMachine } from "../doctor/read.ts";
import { exitCodes } from "../exit.ts";
import { loadDefinition } from "../project/load.ts";
import { locateSystem } from "../project/locate.ts";
import { alignColumns, type Style } from "../render/style.ts";

export function doctorCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("doctor")
    .helpGroup(groups.setUp)
    .summary("look whether this machine can run a system")
    .description(
      "Looks at Node, PostgreSQL's binaries, disk, memory, limits, ports, the clock and what earlier runs left, and says what to do about each. Exit code 1 when something would keep a system from running.",
    )
    .argument("[system]", "also look at the ports that this system would like")
    .option("--json", "print the findings as one JSON object")
    .example("ashlar doctor", "first thing when something does not start")
    .action(async (system: string | undefined, flags: { readonly json?: boolean }) => {
      const findings = judge(await readMachine(cli, await planFor(cli, system)));
      const verdict = worst(findings);
      if (flags.json === true) writeJson(cli.out, { verdict, findings });
      else for (const line of render(findings, styleFor(cli, cli.out))) writeLine(cli.out, line);
      done(verdict === "fail" ? exitCodes.failed : exitCodes.ok);
    });
}

/** A definition that is broken is no fault of the machine: unless it was named, it is left out. */
async function planFor(cli: Cli, wanted: string | undefined): Promise<Plan | null> {
  try {
    return planOf(await loadDefinition(locateSystem(wanted, cli.directory)));
  } catch (error) {
    if (wanted !== undefined) throw error;
    return null;
  }
}

function render(findings: readonly Finding[], style: Style): readonly string[] {
  const marks: Readonly<Record<Verdict, string>> = {
    ok: style.green("✔"),
    warn: style.yellow("▲"),
    fail: style.red("✖"),
  };
  const rows = alignColumns(findings.map((each) => [each.check, each.found]));
  return findings.flatMap((each, index) => {
    const line = `${marks[each.verdict]} ${rows[index] ?? ""}`;
    return each.advice === "" ? [line] : [line, `    ${style.bold("→")} ${each.advice}`];
  });
}
