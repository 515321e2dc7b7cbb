/**
 * Work that is looked for again and again, by every replica.
 *
 * - PD1  Runs never overlap in one process; between replicas the work itself takes care (row locks).
 * - PD2  A run that fails is logged and followed by the next one; it never ends the loop.
 * - PD3  A wake-up during a run is not lost: another run follows at once.
 *
 * @module
 */
import { type Clock, describeError, type Log } from "@ashlar/foundation";

export interface PeriodicOptions {
  /** Constant text for the log: `payments reconciled`. */
  readonly name: string;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly log: Log;
  /** Returns how many items it did; while there were any it is called again at once. */
  readonly run: (signal: AbortSignal) => Promise<number>;
}

/** A running loop. Disposing it waits for the run in flight. */
export class Periodic implements AsyncDisposable {
  readonly #options: PeriodicOptions;
  readonly #stop = new AbortController();
  readonly #finished: Promise<void>;
  #wake = new AbortController();

  constructor(options: PeriodicOptions) {
    this.#options = options;
    this.#finished = this.#loop();
  }

  /** Runs soon instead of at the next interval. */
  wake(): void {
    this.#wake.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#finished;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const waker = new AbortController();
      this.#wake = waker;
      const done = await this.#runOnce(signal);
      if (done === 0) await this.#rest(AbortSignal.any([signal, waker.signal]));
    }
  }

  async #runOnce(signal: AbortSignal): Promise<number> {
    const { name, log, run } = this.#options;
    try {
      const done = await run(signal);
      if (done > 0) log.debug(name, { count: done });
      return done;
    } catch (error) {
      if (!signal.aborted)
        log.warn("periodic work failed", { work: name, error: describeError(error) });
      return 0;
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    try {
      await clock.sleep(intervalMs, signal);
    } catch {
      // Woken or stopped; the loop looks which.
    }
  }
}
