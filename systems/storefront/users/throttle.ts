/**
 * Slows down the guessing of passwords.
 *
 * Every attempt is counted before the password is looked at, so that many attempts at once cannot
 * slip past the limit; an attempt that succeeds takes its count back.
 *
 * - TH1  Within one window at most `limit` wrong attempts are looked at.
 * - TH2  Beyond the limit each wait is longer than the last, up to `waitMsMax`.
 * - TH3  Whether the account exists changes nothing.
 *
 * @module
 */

export interface ThrottlePolicy {
  /** Wrong attempts allowed before the first wait. */
  readonly limit: number;
  /** After this time without an attempt the count starts anew. */
  readonly windowMs: number;
  /** The first wait; it doubles with every further wrong attempt. */
  readonly waitMs: number;
  readonly waitMsMax: number;
}

/** The attempts counted under one key (an account, an address, or both). */
export interface Throttle {
  readonly attempts: number;
  readonly lastAtMs: number;
  readonly blockedUntilMs: number;
}

export type ThrottleOutcome =
  | { readonly allowed: true; readonly next: Throttle }
  | { readonly allowed: false; readonly retryAfterMs: number };

export const unthrottled: Throttle = { attempts: 0, lastAtMs: 0, blockedUntilMs: 0 };

/** Counts one attempt, or refuses it uncounted while the key must wait. */
export function attempt(
  throttle: Throttle,
  policy: ThrottlePolicy,
  nowMs: number,
): ThrottleOutcome {
  if (nowMs < throttle.blockedUntilMs) {
    return { allowed: false, retryAfterMs: throttle.blockedUntilMs - nowMs };
  }
  const rested = nowMs - throttle.lastAtMs >= policy.windowMs;
  const attempts = (rested ? 0 : throttle.attempts) + 1;
  const over = attempts - policy.limit;
  const waitMs = over < 0 ? 0 : Math.min(policy.waitMsMax, policy.waitMs * 2 ** Math.min(over, 30));
  return { allowed: true, next: { attempts, lastAtMs: nowMs, blockedUntilMs: nowMs + waitMs } };
}
