/**
 * The two things a program may take from the world without naming a network or a disk: time and
 * chance. Pure rooms receive them as arguments; only programs hold the real ones.
 *
 * @module
 */

/** Time. Durations are measured with {@link Clock.monotonicMs}, people are shown {@link Clock.wallMs}. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes back. For timeouts and latencies. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may jump. For timestamps that people or records keep. */
  wallMs(): number;
  /** Settles after `delayMs`; rejects with `signal.reason` if aborted first. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Chance. Seeded in tests, the operating system's in programs. Never the source of a key. */
export interface Entropy {
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
  /** A number in `[0, 1)`, uniform. */
  fraction(): number;
  /** A random (version 4) UUID in its canonical text form. */
  uuid(): string;
}

/** What a component needs from the world to run. */
export interface Environment {
  readonly clock: Clock;
  readonly entropy: Entropy;
}
