/**
 * W3C trace context and the correlation id.
 *
 * - GT1  A request that arrives with a valid `traceparent` keeps its trace id; any other begins a
 *        trace. The service sees the gateway as its parent.
 * - GT2  A correlation id of 1..128 harmless characters is kept, any other is replaced.
 *
 * Source: W3C Trace Context, Recommendation of 23 November 2021, section 3.2.
 *
 * @module
 */
import type { Entropy } from "@ashlar/foundation";

/** Hexadecimal ids out of randomness that is drawn in blocks: a draw for each id costs too much. */
export class RandomIds {
  readonly #entropy: Entropy;
  #hex = "";
  #at = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** `digits` lower-case hexadecimal digits, never all zero. */
  hex(digits: number): string {
    if (this.#at + digits > this.#hex.length) {
      this.#hex = Buffer.from(this.#entropy.bytes(4_096)).toString("hex");
      this.#at = 0;
    }
    const id = this.#hex.slice(this.#at, this.#at + digits);
    this.#at += digits;
    return /[^0]/.test(id) ? id : this.hex(digits);
  }

  /** A number in `[0, 1)`: jitter for back-offs. */
  fraction(): number {
    return this.#entropy.fraction();
  }
}

const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The value, if it is a valid `traceparent`. */
export function validTraceparent(value: string | undefined): string | undefined {
  if (value === undefined || value.length !== 55 || !traceparentPattern.test(value))
    return undefined;
  const isVoid =
    value.startsWith("ff") ||
    value.startsWith("00000000000000000000000000000000", 3) ||
    value.startsWith("0000000000000000", 36);
  return isVoid ? undefined : value;
}

/** A child of `parent`, or the start of a trace that nobody records yet. */
export function nextTraceparent(parent: string | undefined, ids: RandomIds): string {
  if (parent === undefined) return `00-${ids.hex(32)}-${ids.hex(16)}-00`;
  return `00-${parent.slice(3, 35)}-${ids.hex(16)}-${parent.slice(53)}`;
}

const correlationPattern = /^[A-Za-z0-9._:-]{1,128}$/;

/** GT2 */
export function correlationIdFrom(sent: string | undefined, ids: RandomIds): string {
  if (sent !== undefined && correlationPattern.test(sent)) return sent;
  const hex = ids.hex(32);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return `${parts.join("-")}-${hex.slice(20)}`;
}
