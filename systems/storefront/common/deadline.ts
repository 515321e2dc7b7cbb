/**
 * A limit on how long something may take.
 *
 * @module
 */
import { type Clock, CodedError } from "@ashlar/foundation";

/** The reason of the abort when time is up. Retry later: whether the work was done is not known. */
class DeadlinePassedError extends CodedError<"DEADLINE_PASSED", { readonly limitMs: number }> {
  constructor(limitMs: number) {
    super("DEADLINE_PASSED", `not done within ${limitMs} ms`, { limitMs });
  }
}

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a signal that is aborted when the time is up or `signal` is. Settles at the
 * latest then, also where `work` does not heed the signal.
 */
export async function withDeadline<Result>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timer = new AbortController();
  const limit = new AbortController();
  const signal = AbortSignal.any([options.signal, limit.signal]);
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  options.clock
    .sleep(options.limitMs, timer.signal)
    .then(() => limit.abort(new DeadlinePassedError(options.limitMs)))
    .catch(() => undefined); // The timer was stopped: the work came first.
  try {
    signal.throwIfAborted();
    return await Promise.race([work(signal), aborted]);
  } finally {
    timer.abort();
  }
}
