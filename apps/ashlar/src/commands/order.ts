/**
 * Gives one order to a running system and says how it went: what `restart`, `scale`, `stop`, `start`
 * and `kill` have in common.
 *
 * @module
 */
import type { SystemControl } from "@ashlar/local";
import { type Cli, styleFor, writeJson, writeLine } from "../cli.ts";
import { InterruptedError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import { interruptible } from "../interrupt.ts";
import { openRunning } from "../project/running.ts";
import { formatElapsed } from "../render/style.ts";

export interface OrderFlags {
  readonly system?: string;
  readonly json?: boolean;
}

export interface Order {
  /** While it runs: `restarting users`. */
  readonly doing: string;
  /** Once it is done: `users restarted`. */
  readonly done: string;
  give(control: SystemControl): Promise<void>;
}

export async function giveOrder(cli: Cli, flags: OrderFlags, order: Order): Promise<ExitCode> {
  const { system, control } = await openRunning(flags.system, cli);
  const { clock } = cli.environment;
  const beganMs = clock.monotonicMs();
  const live = cli.err.isTerminal && flags.json !== true;
  const style = styleFor(cli, cli.err);
  if (live) cli.err.write(style.dim(`${order.doing} …`));
  try {
    await untilInterrupted(cli, order.give(control));
  } finally {
    if (live) cli.err.write("\r\u001b[2K");
  }
  const elapsedMs = Math.round(clock.monotonicMs() - beganMs);
  if (flags.json === true) writeJson(cli.out, { system, done: order.done, elapsedMs });
  else {
    const tick = styleFor(cli, cli.out).green("✔");
    writeLine(cli.out, `${tick} ${order.done} in ${formatElapsed(elapsedMs)}`);
  }
  return exitCodes.ok;
}

/** Ctrl-C leaves the waiting, not the order: the supervisor carries it out all the same. */
async function untilInterrupted(cli: Cli, given: Promise<void>): Promise<void> {
  using interrupt = interruptible(cli);
  const interrupted = new Promise<never>((_resolve, reject) => {
    interrupt.signal.addEventListener("abort", () => reject(new InterruptedError()), {
      once: true,
    });
  });
  await Promise.race([given, interrupted]);
}
