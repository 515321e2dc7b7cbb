/**
 * `ashlar plan`: what a definition comes to, with every default applied.
 *
 * @module
 */
import { plan as planOf } from "@ashlar/model";
import { type Cli, styleFor, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { exitCodes } from "../exit.ts";
import { loadDefinition } from "../project/load.ts";
import { locateSystem } from "../project/locate.ts";
import { renderPlan } from "../render/plan.ts";

interface PlanFlags {
  readonly json?: boolean;
  readonly env?: string;
}

export function planCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("plan")
    .helpGroup(groups.define)
    .summary("show what a definition comes to")
    .description(
      "Shows the Plan: the system with every default applied, in the order in which it starts. With --json the whole of it, as the other tools read it.",
    )
    .argument("[system]", "name of a system, or path of its system.ts")
    .option("-e, --env <name>", "environment of the definition; default `dev` where there is one")
    .option("--json", "print the Plan as JSON")
    .example("ashlar plan storefront", "parts, stores and who uses whom")
    .example("ashlar plan --json --env large > plan.json", "for another tool")
    .action(async (wanted: string | undefined, flags: PlanFlags) => {
      const definition = await loadDefinition(locateSystem(wanted, cli.directory));
      const plan = planOf(definition, flags.env === undefined ? {} : { environment: flags.env });
      if (flags.json === true) writeLine(cli.out, JSON.stringify(plan, null, 2));
      else for (const line of renderPlan(plan, styleFor(cli, cli.out))) writeLine(cli.out, line);
      done(exitCodes.ok);
    });
}
