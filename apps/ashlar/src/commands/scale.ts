/**
 * `ashlar scale`: changes how many replicas parts have.
 *
 * @module
 */
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { giveOrder, type OrderFlags } from "./order.ts";
import { parseReplicaCounts } from "./replica.ts";

export function scaleCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("scale")
    .helpGroup(groups.change)
    .summary("change how many replicas parts have")
    .description("Changes how many replicas run, until the system goes down.")
    .argument("<part=n...>", "parts with their counts")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the outcome as one JSON object")
    .example("ashlar scale orders=3", "three replicas behind the same address")
    .example("ashlar scale orders=3 users=2", "several at once")
    .action(async (texts: readonly string[], flags: OrderFlags) => {
      const counts = Object.entries(parseReplicaCounts(texts));
      const wanted = counts.map(([part, count]) => `${part} to ${count}`).join(", ");
      done(
        await giveOrder(cli, flags, {
          doing: `scaling ${wanted}`,
          done: `scaled ${wanted}`,
          give: async (control) => {
            await Promise.all(counts.map(([part, count]) => control.scale(part, count)));
          },
        }),
      );
    });
}
