/**
 * A wake-up call for one waiting loop. Calls before the wait are not lost, and several count as one.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";

export class Pulse {
  #isSet = false;
  #wake: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /** Settles at the next call of {@link set}, or after `delayMs`, whichever is first. */
  async wait(delayMs: number, clock: Clock): Promise<void> {
    if (!this.#isSet && delayMs > 0) {
      const timer = new AbortController();
      const called = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const elapsed = clock.sleep(delayMs, timer.signal).catch(() => undefined);
      await Promise.race([called, elapsed]);
      this.#wake = undefined;
      timer.abort();
    }
    this.#isSet = false;
  }
}
