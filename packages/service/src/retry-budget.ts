/**
 * Keeps retries from multiplying an outage: each call earns a fifth of a retry, up to a small
 * stock.
 *
 * @module
 */

const earnedPerCall = 0.2;
const stockMax = 10;

export class RetryBudget {
  #stock = stockMax;

  onCall(): void {
    this.#stock = Math.min(stockMax, this.#stock + earnedPerCall);
  }

  /** True if one more retry may be made; it is spent then. */
  takeRetry(): boolean {
    if (this.#stock < 1) return false;
    this.#stock -= 1;
    return true;
  }
}
