/**
 * How a new version takes the place of the old one.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import type { Objective } from "./objective.ts";

interface MinReady {
  /** How long a new replica must have been ready before it counts. Default `"5s"`. */
  readonly minReady?: Duration;
}

export interface RollingRollout extends MinReady {
  readonly strategy: "rolling";
  readonly surgePercent?: number;
  readonly unavailablePercent?: number;
}

export interface PartitionedRollout extends MinReady {
  readonly strategy: "partitioned";
  readonly waves?: readonly number[];
}

interface Judged {
  /**
   * Objectives that stop the rollout when broken. Default: all objectives of the part itself, which
   * are declared after it and so cannot be named here.
   */
  readonly objectives?: readonly Objective[];
}

export interface BlueGreenRollout extends MinReady, Judged {
  readonly strategy: "blueGreen";
  readonly autoPromote?: boolean;
  readonly scaleDownDelay?: Duration;
}

export interface CanaryRollout extends MinReady, Judged {
  readonly strategy: "canary";
  readonly steps: readonly { readonly weightPercent: number; readonly pause: Duration }[];
}

export type Rollout = RollingRollout | PartitionedRollout | BlueGreenRollout | CanaryRollout;

/** Replaces replicas a few at a time. The default of everything but stateful parts. */
export function rolling(
  options: MinReady & {
    /** Replicas above the wanted number, in percent, rounded up. Default 25. */
    readonly surgePercent?: number;
    /** Replicas below the wanted number, in percent, rounded down. Default 25. */
    readonly unavailablePercent?: number;
  } = {},
): RollingRollout {
  return { strategy: "rolling", ...options };
}

/**
 * Replaces the replicas of a stateful part from the highest ordinal down, stopping at each
 * partition: `waves: [2, 0]` updates ordinals from 2 up, and then all.
 */
export function partitioned(
  options: MinReady & {
    /** Partitions, falling, the last one 0. Default: the last replica alone, then all. */
    readonly waves?: readonly number[];
  } = {},
): PartitionedRollout {
  return { strategy: "partitioned", ...options };
}

/** Brings the new version up beside the old one and then turns all traffic at once. */
export function blueGreen(
  options: MinReady &
    Judged & {
      /** Turn without a person's word. Default `false`. */
      readonly autoPromote?: boolean;
      /** How long the old version stays for a way back. Default `"30s"`. */
      readonly scaleDownDelay?: Duration;
    } = {},
): BlueGreenRollout {
  return { strategy: "blueGreen", ...options };
}

/** Gives the new version a growing share of the traffic while its objectives hold. */
export function canary(
  options: MinReady &
    Judged & {
      /** Rising weights, 1..100, each held for its pause. */
      readonly steps: CanaryRollout["steps"];
    },
): CanaryRollout {
  return { strategy: "canary", ...options };
}
