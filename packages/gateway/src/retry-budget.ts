/**
 * Keeps retries a small share of the traffic, so that they cannot turn a service's bad minute into
 * an overload.
 *
 * - GB4  Over any stretch of requests, retries are at most {@link reserve} plus a fifth of the requests.
 *
 * @module
 */

/** What may be retried before there was any traffic. */
export const reserve = 10;
const perRequest = 0.2;
const tokensMax = 100;

export class RetryBudget {
  #tokens = reserve;

  /** A first attempt was made. */
  deposit(): void {
    this.#tokens = Math.min(tokensMax, this.#tokens + perRequest);
  }

  /** True when a retry may be made; it is then paid for. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
