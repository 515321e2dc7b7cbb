/**
 * `ashlar start`: brings a stopped part back, or runs a job again.
 *
 * @module
 */
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { giveOrder, type OrderFlags } from "./order.ts";

export function startCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("start")
    .helpGroup(groups.change)
    .summary("bring a stopped part back, or run a job again")
    .description("Starts a part that `ashlar stop` has ended; a job or cron job runs once more.")
    .argument("<part>", "name of a part")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the outcome as one JSON object")
    .example("ashlar start notifications", "it takes up where it was stopped")
    .action(async (part: string, flags: OrderFlags) => {
      done(
        await giveOrder(cli, flags, {
          doing: `starting ${part}`,
          done: `${part} started`,
          give: (control) => control.start(part),
        }),
      );
    });
}
