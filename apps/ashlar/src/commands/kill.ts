/**
 * `ashlar kill`: ends processes as a crash would, to see what follows.
 *
 * @module
 */
import { constants } from "node:os";
import { suggest } from "@ashlar/foundation";
import type { KillOptions } from "@ashlar/local";
import type { Cli } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { UsageError } from "../errors.ts";
import { giveOrder, type OrderFlags } from "./order.ts";
import { parseReplica } from "./replica.ts";

interface KillFlags extends OrderFlags {
  readonly signal: string;
}

export function killCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("kill")
    .helpGroup(groups.change)
    .summary("end a part's processes as a crash would")
    .description(
      "Sends a signal to the processes of a part or replica. What follows is a crash like any other: the supervisor starts them again with back-off.",
    )
    .argument("<part>", "a part, or one replica of it as `part/n`")
    .option("-s, --signal <name>", "the signal to send", "SIGKILL")
    .option("--system <name>", "the system, where several run")
    .option("--json", "print the outcome as one JSON object")
    .example("ashlar kill orders/0", "one replica, at once and without warning")
    .example("ashlar kill orders --signal SIGSTOP", "freeze every replica")
    .action(async (text: string, flags: KillFlags) => {
      const { part, replica } = parseReplica(text);
      const signal = parseSignal(flags.signal);
      const options: KillOptions = replica === undefined ? { signal } : { replica, signal };
      done(
        await giveOrder(cli, flags, {
          doing: `sending ${signal} to ${text}`,
          done: `sent ${signal} to ${text}`,
          give: (control) => control.kill(part, options),
        }),
      );
    });
}

/** `SIGKILL`, `kill`, `KILL` and `9` are the same signal. */
export function parseSignal(text: string): NodeJS.Signals {
  const known = Object.entries(constants.signals);
  const wanted = text.toUpperCase();
  const found = known.find(
    ([name, number]) => name === wanted || name === `SIG${wanted}` || String(number) === text,
  );
  if (found !== undefined) return found[0] as NodeJS.Signals;
  const nearest = suggest(
    wanted.startsWith("SIG") ? wanted : `SIG${wanted}`,
    known.map(([name]) => name),
  );
  const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  throw new UsageError(`unknown signal "${text}"${meant}`);
}
