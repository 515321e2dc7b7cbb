/**
 * A clock that moves only when it is told to.
 *
 * - TC1  Time never moves by itself and never goes back.
 * - TC2  Sleepers wake in the order of their deadlines; equal deadlines in the order of arrival.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";

interface Sleeper {
  readonly wakeAtMs: number;
  readonly order: number;
  readonly wake: () => void;
}

export class SimulatedClock implements Clock {
  #nowMs: number;
  #order = 0;
  #sleepers: Sleeper[] = [];
  #onSleep: (() => void)[] = [];

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  /** How many sleeps are pending. */
  get sleeperCount(): number {
    return this.#sleepers.length;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        reject(signal.reason);
      };
      const wake = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { wakeAtMs: this.#nowMs + delayMs, order: this.#order++, wake };
      this.#sleepers.push(sleeper);
      signal.addEventListener("abort", onAbort, { once: true });
      for (const notify of this.#onSleep.splice(0)) notify();
    });
  }

  /** Settles when at least `count` sleeps are pending: the event to wait for before advancing. */
  async untilSleeping(count = 1): Promise<void> {
    while (this.#sleepers.length < count) {
      await new Promise<void>((resolve) => this.#onSleep.push(resolve));
    }
  }

  /** Moves time on by `byMs`, waking sleepers one by one and letting each run before the next. */
  async advance(byMs: number): Promise<void> {
    const targetMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.wakeAtMs > targetMs) break;
      this.#sleepers = this.#sleepers.filter((each) => each !== next);
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await settle();
    }
    this.#nowMs = targetMs;
    await settle();
  }

  #next(): Sleeper | undefined {
    return this.#sleepers.toSorted((a, b) => a.wakeAtMs - b.wakeAtMs || a.order - b.order)[0];
  }
}

/** Lets promise reactions that are ready run. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
