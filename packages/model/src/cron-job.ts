/**
 * Cron jobs: jobs by the clock.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import type { JobOptions } from "./job.ts";
import { type Part, part } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";

export interface CronJobOptions<Declared extends Ports> extends JobOptions<Declared> {
  /** Five-field cron expression, UTC: `"0 3 * * *"`. */
  readonly schedule: string;
  /** What to do when the last run still goes on. Default `forbid`: skip this one. */
  readonly concurrency?: "allow" | "forbid" | "replace";
  /** How late a run may still start. Default `"10m"`. */
  readonly startingDeadline?: Duration;
}

/** A job that runs by a schedule. */
export function cronJob<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: CronJobOptions<Declared>,
): Part<Name, Declared, "cronJob"> {
  return part("cronJob", name, options);
}
