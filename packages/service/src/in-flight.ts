/**
 * Counts the requests that are being served, so that a stop can wait for the last of them.
 *
 * @module
 */

export class InFlight {
  #count = 0;
  readonly #waiters: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Settles when none is being served. */
  untilIdle(): Promise<void> {
    if (this.#count <= 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
