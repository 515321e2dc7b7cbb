/**
 * Rate limits counted in this process: exact where one gateway runs, and what each gateway falls
 * back to while a shared store cannot be reached.
 *
 * - MR1  Holds at most `keysMax` keys. When full, expired keys go first; if none has expired, the key
 *        that was used longest ago goes, which can only happen to an attacker's own spray of keys.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import {
  type RateLimitCheck,
  type RateLimitDecision,
  type RateLimitStore,
  slotMsOf,
  slotsBefore,
} from "./rate-limit-store.ts";

interface Window {
  readonly slotMs: number;
  /** Counts of slots `latest - n … latest`, at index `slot % counts.length`. */
  readonly counts: Uint32Array;
  latest: number;
  total: number;
}

export class MemoryRateLimitStore implements RateLimitStore {
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #keysMax: number;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Pick<Clock, "wallMs">, keysMax = 100_000) {
    this.#clock = clock;
    this.#keysMax = keysMax;
  }

  /** How many keys are held. */
  get size(): number {
    return this.#windows.size;
  }

  take(checks: readonly RateLimitCheck[]): readonly RateLimitDecision[] {
    const nowMs = this.#clock.wallMs();
    const windows: Window[] = [];
    let admitted = true;
    for (const check of checks) {
      const window = this.#windowOf(check, nowMs);
      windows.push(window);
      if (window.total >= check.limit) admitted = false;
    }
    const decisions: RateLimitDecision[] = [];
    for (let i = 0; i < checks.length; i++) {
      const { limit } = checks[i] as RateLimitCheck;
      const window = windows[i] as Window;
      const allowed = window.total < limit;
      if (admitted) count(window); // RL2
      const remaining = Math.max(0, limit - window.total);
      decisions.push({ allowed, remaining, resetMs: resetMsOf(window, nowMs) });
    }
    return decisions;
  }

  #windowOf(check: RateLimitCheck, nowMs: number): Window {
    let window = this.#windows.get(check.key);
    const slotMs = slotMsOf(check.windowMs);
    const slot = Math.floor(nowMs / slotMs);
    const size = slotsBefore(check.windowMs) + 1;
    if (window === undefined || window.slotMs !== slotMs || window.counts.length !== size) {
      if (window === undefined && this.#windows.size >= this.#keysMax) this.#evict(nowMs);
      window = { slotMs, counts: new Uint32Array(size), latest: slot, total: 0 };
      this.#windows.set(check.key, window);
      return window;
    }
    slide(window, slot);
    return window;
  }

  /** MR1: drops a tenth of the keys, so that the search is rare. */
  #evict(nowMs: number): void {
    for (const [key, window] of this.#windows) {
      slide(window, Math.floor(nowMs / window.slotMs));
      if (window.total === 0) this.#windows.delete(key);
    }
    if (this.#windows.size < this.#keysMax) return;
    const surplus = Math.ceil(this.#keysMax / 10);
    const oldest = [...this.#windows].sort(([, a], [, b]) => lastUsedMs(a) - lastUsedMs(b));
    for (const [key] of oldest.slice(0, surplus)) this.#windows.delete(key);
  }
}

/** Forgets the slots that have left the window that ends in `slot`. An earlier slot is ignored (RL4). */
function slide(window: Window, slot: number): void {
  const { counts } = window;
  const steps = Math.min(slot - window.latest, counts.length);
  if (steps <= 0) return;
  for (let i = 1; i <= steps; i++) {
    const index = (window.latest + i) % counts.length;
    window.total -= counts[index] ?? 0;
    counts[index] = 0;
  }
  if (steps === counts.length) {
    counts.fill(0);
    window.total = 0;
  }
  window.latest = slot;
}

function count(window: Window): void {
  const index = window.latest % window.counts.length;
  window.counts[index] = (window.counts[index] ?? 0) + 1;
  window.total += 1;
}

function resetMsOf(window: Window, nowMs: number): number {
  if (window.total === 0) return 0;
  const size = window.counts.length;
  for (let slot = window.latest - size + 1; slot <= window.latest; slot++) {
    if ((window.counts[slot % size] ?? 0) > 0) return (slot + size) * window.slotMs - nowMs;
  }
  return 0;
}

function lastUsedMs(window: Window): number {
  return window.latest * window.slotMs;
}
