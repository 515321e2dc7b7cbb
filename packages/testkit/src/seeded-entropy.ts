/**
 * Chance that repeats: the same seed gives the same sequence.
 *
 * Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (SplitMix), in the
 * 32-bit form known as mulberry32. Good enough for schedules, never for keys.
 *
 * @module
 */
import type { Entropy } from "@ashlar/foundation";

export function seededEntropy(seed: number): Entropy {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const bytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => next() & 255);
  return { bytes, fraction: () => next() / 2 ** 32, uuid: () => uuidFrom(bytes(16)) };
}

function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}
