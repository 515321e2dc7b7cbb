/**
 * The real clock and the operating system's randomness. Only programs use this module.
 *
 * @module
 */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Entropy, Environment } from "@ashlar/foundation";

const clock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: async (delayMs, signal) => {
    signal.throwIfAborted();
    try {
      await delay(delayMs, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

const entropy: Entropy = {
  bytes: (count) => randomBytes(count),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  uuid: () => randomUUID(),
};

/** The world as it is. */
export function realEnvironment(): Environment {
  return { clock, entropy };
}
