/**
 * The requests that are being served: how many, until when each may take, and when the last is
 * done.
 *
 * One sleeper looks after all of them. A timer and an abort signal for each request, as Fastify's
 * own limit has it, cost more than the rest of the request (measured: 80 µs for the abort's error
 * alone).
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";

export interface ServedRequest {
  /** On the monotonic clock. */
  readonly deadlineAtMs: number;
  /** Called once when the time is up. */
  readonly giveUp: () => void;
}

/** How late a request may be given up. */
const lookEveryMs = 100;

export class InFlight {
  readonly #clock: Clock;
  readonly #requests = new Set<ServedRequest>();
  readonly #waiters: (() => void)[] = [];
  readonly #closing = new AbortController();
  #watching = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#requests.size;
  }

  enter(request: ServedRequest): void {
    this.#requests.add(request);
    if (!this.#watching) void this.#watch();
  }

  leave(request: ServedRequest): void {
    this.#requests.delete(request);
    if (this.#requests.size > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Settles when none is being served. */
  untilIdle(): Promise<void> {
    if (this.#requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Ends the watching; for a server that has closed. */
  close(): void {
    this.#closing.abort();
  }

  async #watch(): Promise<void> {
    this.#watching = true;
    const given = new WeakSet<ServedRequest>();
    while (this.#requests.size > 0 && !this.#closing.signal.aborted) {
      await this.#clock.sleep(lookEveryMs, this.#closing.signal).catch(() => undefined);
      const nowMs = this.#clock.monotonicMs();
      for (const each of this.#requests) {
        if (each.deadlineAtMs > nowMs || given.has(each)) continue;
        given.add(each);
        each.giveUp();
      }
    }
    this.#watching = false;
  }
}
