/**
 * `ashlar restart`: replaces a part's processes, one ready before the other goes.
 *
 * @module
 */
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { giveOrder, type OrderFlags } from "./order.ts";

export function restartCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("restart")
    .helpGroup(groups.change)
    .summary("replace a part's processes without a gap")
    .description(
      "Replaces every replica of a part: a new one is ready before an old one goes, as in a rollout.",
    )
    .argument("<part>", "name of a part")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the outcome as one JSON object")
    .example("ashlar restart orders", "after its source has changed")
    .action(async (part: string, flags: OrderFlags) => {
      done(
        await giveOrder(cli, flags, {
          doing: `restarting ${part}`,
          done: `${part} restarted`,
          give: (control) => control.restart(part),
        }),
      );
    });
}
