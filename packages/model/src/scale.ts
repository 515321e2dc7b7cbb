/**
 * How many replicas a part has, and what makes it more or fewer.
 *
 * A signal must fall when replicas rise, or scaling runs away: work in flight, queue length and
 * utilisation do; a count of peers, a lag behind others and a percentile of latency do not.
 *
 * @module
 */
import type { Duration, Gauge, Labels } from "@ashlar/foundation";

export type ScaleSignal =
  | { readonly kind: "cpu" | "memory"; readonly utilizationPercent: number }
  | { readonly kind: "metric"; readonly metric: Gauge; readonly perReplica: number };

/** Adds replicas while average CPU is above this percent of the request, 1..100. */
export function cpu(utilizationPercent: number): ScaleSignal {
  return { kind: "cpu", utilizationPercent };
}

/** Adds replicas while average memory is above this percent of the request, 1..100. */
export function memory(utilizationPercent: number): ScaleSignal {
  return { kind: "memory", utilizationPercent };
}

/**
 * Adds replicas while the gauge's average a replica is above `perReplica`. The part must export the
 * gauge; counters and histograms are refused, for they are no amount of waiting work.
 */
export function metric<const L extends Labels>(
  declaration: Gauge<L>,
  options: {
    /** Wanted average of one replica, more than 0. */
    readonly perReplica: number;
  },
): ScaleSignal {
  return { kind: "metric", metric: declaration, perReplica: options.perReplica };
}

/** At most `value` percent, or `value` replicas, in each `period`. */
export type ScaleStep =
  | { readonly percent: number; readonly period: Duration }
  | { readonly replicas: number; readonly period: Duration };

export interface ScalePolicy {
  /** How long the wish must last before it is followed. */
  readonly stabilization: Duration;
  /** Which of several steps counts: the largest or the smallest change. Default `max`. */
  readonly select?: "max" | "min";
  readonly steps: readonly ScaleStep[];
}

/** Doubles every 15 seconds, or adds four where that is more. The default upwards. */
export const aggressive: ScalePolicy = {
  stabilization: "30s",
  select: "max",
  steps: [
    { percent: 100, period: "15s" },
    { replicas: 4, period: "15s" },
  ],
};

/** A tenth a minute after five quiet minutes. The default downwards. */
export const conservative: ScalePolicy = {
  stabilization: "300s",
  select: "min",
  steps: [{ percent: 10, period: "60s" }],
};

export interface Scale {
  /** Fewest replicas, 1 or more. Default: 2; 3 for a stateful part. */
  readonly min?: number;
  /** Most replicas, at least `min`. Default: `min`, so a fixed number. */
  readonly max?: number;
  /** What makes it grow; needed where `max` is more than `min`. */
  readonly on?: readonly ScaleSignal[];
  /** How fast it may grow. Default {@link aggressive}. */
  readonly up?: ScalePolicy;
  /** How fast it may shrink. Default {@link conservative}. */
  readonly down?: ScalePolicy;
  /** What a vertical autoscaler may do: nothing, recommend, or set memory. Default `off`. */
  readonly vertical?: "off" | "recommend" | "memory";
  /** Requests or messages a second that one replica is known to carry. Default: not stated. */
  readonly perReplicaRate?: number;
}
