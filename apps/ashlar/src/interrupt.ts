/**
 * Ctrl-C as an abort signal, for as long as a command wants it so.
 *
 * @module
 */
import type { Cli } from "./cli.ts";
import { InterruptedError } from "./errors.ts";

export interface Interruptible extends Disposable {
  /** Aborted with an {@link InterruptedError} by the first Ctrl-C or order to stop. */
  readonly signal: AbortSignal;
}

export function interruptible(cli: Cli): Interruptible {
  const controller = new AbortController();
  const subscription = cli.onInterrupt(() => controller.abort(new InterruptedError()));
  return { signal: controller.signal, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}
