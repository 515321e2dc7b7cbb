/**
 * Jobs: parts that run to an end.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import { type Part, type PartOptions, type Programmed, part } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";

export interface JobOptions<Declared extends Ports> extends PartOptions<Declared>, Programmed {
  /** Replicas at work at once, at most `completions`. Default 1. */
  readonly parallelism?: number;
  /** Successful ends wanted. Default 1. */
  readonly completions?: number;
  /** Failures before it is given up. Default 3. */
  readonly retries?: number;
  /** Longest time from start to end. Default `"1h"`. */
  readonly deadline?: Duration;
  /** How long what has finished can still be looked at. Default `"1d"`. */
  readonly keepFinished?: Duration;
}

/** A part that runs once, when the system comes up. */
export function job<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: JobOptions<Declared>,
): Part<Name, Declared, "job"> {
  return part("job", name, options);
}
