/**
 * Many coarse deadlines on one timer. A busy gateway sets and clears several for each request; here
 * that is two list operations, and one sleep of {@link DeadlineWheel} serves them all.
 *
 * - GD1  A deadline fires at most once, never early, and at most two ticks late.
 * - GD2  A cancelled deadline does not fire.
 * - GD3  An empty wheel holds no timer.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";

/** Something that waits no longer than it said. */
export interface Waiter {
  onDeadline(deadline: Deadline): void;
}

export class Deadline {
  readonly atMs: number;
  readonly waiter: Waiter;
  slot: Set<Deadline> | undefined;

  constructor(atMs: number, waiter: Waiter, slot: Set<Deadline>) {
    this.atMs = atMs;
    this.waiter = waiter;
    this.slot = slot;
  }
}

export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #tickMs: number;
  readonly #slots: readonly Set<Deadline>[] = Array.from({ length: 512 }, () => new Set());
  #count = 0;
  #turning = false;
  #tick: number;

  constructor(clock: Clock, signal: AbortSignal, tickMs = 20) {
    this.#clock = clock;
    this.#signal = signal;
    this.#tickMs = tickMs;
    this.#tick = Math.floor(clock.monotonicMs() / tickMs);
  }

  get size(): number {
    return this.#count;
  }

  add(delayMs: number, waiter: Waiter): Deadline {
    const atMs = this.#clock.monotonicMs() + delayMs;
    this.#count += 1;
    if (!this.#turning) this.#turn();
    const slot = this.#slotAt(Math.floor(atMs / this.#tickMs) + 1);
    const deadline = new Deadline(atMs, waiter, slot);
    slot.add(deadline);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    if (deadline.slot === undefined) return;
    deadline.slot.delete(deadline);
    deadline.slot = undefined;
    this.#count -= 1;
  }

  #slotAt(tick: number): Set<Deadline> {
    return this.#slots[tick % this.#slots.length] as Set<Deadline>;
  }

  #turn(): void {
    this.#turning = true;
    this.#tick = Math.floor(this.#clock.monotonicMs() / this.#tickMs);
    this.#run().catch(() => undefined); // Rejects only when the signal ends the gateway.
  }

  async #run(): Promise<void> {
    try {
      while (this.#count > 0) {
        await this.#clock.sleep(this.#tickMs, this.#signal);
        this.#advance();
      }
    } finally {
      this.#turning = false;
    }
  }

  #advance(): void {
    const nowMs = this.#clock.monotonicMs();
    const target = Math.floor(nowMs / this.#tickMs);
    const first = Math.max(this.#tick + 1, target - this.#slots.length + 1);
    this.#tick = target;
    for (let tick = first; tick <= target; tick++) {
      for (const deadline of this.#slotAt(tick)) {
        if (deadline.atMs > nowMs) continue; // Another turn of the wheel.
        this.cancel(deadline);
        deadline.waiter.onDeadline(deadline);
      }
    }
  }
}
