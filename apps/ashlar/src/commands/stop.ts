/**
 * `ashlar stop`: ends a part in an orderly way and keeps it down.
 *
 * @module
 */
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { giveOrder, type OrderFlags } from "./order.ts";

export function stopCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("stop")
    .helpGroup(groups.change)
    .summary("end one part and keep it down")
    .description(
      "Ends every replica of a part in an orderly way. The rest of the system goes on without it.",
    )
    .argument("<part>", "name of a part")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the outcome as one JSON object")
    .example("ashlar stop notifications", "see how the others bear it")
    .action(async (part: string, flags: OrderFlags) => {
      done(
        await giveOrder(cli, flags, {
          doing: `stopping ${part}`,
          done: `${part} stopped`,
          give: (control) => control.stop(part),
        }),
      );
    });
}
