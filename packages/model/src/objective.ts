/**
 * Objectives: how good a part must be, measured over time.
 *
 * @module
 */
import type { Duration, Histogram } from "@ashlar/foundation";
import type { AnyPart } from "./part.ts";
import type { PromQuery } from "./promql.ts";

export interface Objective<Name extends string = string> {
  readonly type: "objective";
  readonly name: Name;
}

interface ObjectiveBase {
  /** What is promised, in one sentence. */
  readonly summary?: string;
  /** The part that is judged. */
  readonly part: AnyPart;
  /** Share of good events wanted, above 0 and below 1: `0.999`. */
  readonly target: number;
  /** Over what time, whole days. Default `"30d"`. */
  readonly window?: Duration;
}

export type ObjectiveOptions =
  | (ObjectiveBase & {
      /** Good events a second. */
      readonly good: PromQuery;
      /** All events a second. */
      readonly total: PromQuery;
    })
  | (ObjectiveBase & {
      /** Durations, of a histogram that the part exports. */
      readonly latency: Histogram;
      /** What counts as fast; a bound of one of the histogram's buckets. */
      readonly threshold: Duration;
    });

/** A service level objective, with its error budget and burn-rate alerts. */
export function objective<const Name extends string>(
  name: Name,
  options: ObjectiveOptions,
): Objective<Name> {
  const built = { ...options, type: "objective", name } as const;
  return built;
}
