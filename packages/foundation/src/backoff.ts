/**
 * How long to wait before trying again: exponential, capped, with full jitter.
 *
 * @module
 */

export interface Backoff {
  /** Ceiling of the first wait. */
  readonly initialMs: number;
  /** Ceiling of every wait. */
  readonly maxMs: number;
  /** Growth from one attempt to the next. Default 2. */
  readonly factor?: number;
}

/**
 * The wait before attempt `attempt + 1`, where `attempt` counts from 1.
 *
 * `fraction` is a random number in `[0, 1)`: the wait is between half of the ceiling and the whole
 * of it, so that many clients that failed together do not return together.
 */
export function backoffMs(backoff: Backoff, attempt: number, fraction: number): number {
  const factor = backoff.factor ?? 2;
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * factor ** Math.max(0, attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * fraction);
}
