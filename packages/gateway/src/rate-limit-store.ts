/**
 * The port through which gateways count requests, so that a limit holds over all of them.
 *
 * The algorithm is the same for every adapter: a sliding window kept in {@link slotsPerWindow}
 * slots. A request at time `t` falls into the slot `s = floor(t / slotMs)`; it is admitted exactly
 * when the slots `s - n … s` (`n = ceil(windowMs / slotMs)`) hold fewer than `limit` requests. Those
 * slots cover every instant of the window that ends at `t`, so the count is never too low:
 *
 * - RL1  No interval of `windowMs`, wherever it begins, holds more than `limit` admitted requests,
 *        however many gateways count in the same store.
 * - RL2  A request that is refused by one of its limits counts in none of them.
 * - RL3  Capacity returns at most two slots (a sixteenth of the window, but at least 2 ms) later than an
 *        exact log would give it back.
 * - RL4  A store's time never goes back: an earlier reading counts as the latest one seen.
 *
 * Time is the store's own (the database's clock), so gateways' clocks need not agree.
 *
 * @module
 */

/** One limit that a request must keep. */
export interface RateLimitCheck {
  /** Names what is counted, for example `orders.list|ip|203.0.113.7`; at most 512 bytes. */
  readonly key: string;
  /** Requests admitted in any window; at least 1. */
  readonly limit: number;
  readonly windowMs: number;
}

export interface RateLimitDecision {
  /** Whether this limit has room. The request is admitted when every limit has. */
  readonly allowed: boolean;
  /** Requests that would still be admitted now, after this one. */
  readonly remaining: number;
  /** Until the next capacity returns; 0 when nothing is counted. */
  readonly resetMs: number;
}

export interface RateLimitStore {
  /**
   * Counts one request against all `checks` at once (RL2); decisions come in the same order.
   * Keys are distinct. May answer at once, or reject when the store cannot be reached.
   */
  take(
    checks: readonly RateLimitCheck[],
  ): readonly RateLimitDecision[] | Promise<readonly RateLimitDecision[]>;
}

/** Into how many slots a window is divided. More are finer and cost more memory for each key. */
export const slotsPerWindow = 32;

/** The length of one slot, in whole milliseconds. */
export function slotMsOf(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / slotsPerWindow));
}

/** How many slots before the present one still count: `n` of the module's comment. */
export function slotsBefore(windowMs: number): number {
  return Math.ceil(windowMs / slotMsOf(windowMs));
}
