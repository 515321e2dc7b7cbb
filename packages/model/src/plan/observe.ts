/**
 * What is watched: objectives, alerts, dashboards, and the load that proves capacity.
 *
 * @module
 */

export interface ObjectivePlan {
  readonly name: string;
  readonly summary: string;
  readonly part: string;
  readonly indicator:
    | { readonly kind: "availability"; readonly good: string; readonly total: string }
    | { readonly kind: "latency"; readonly metric: string; readonly thresholdSeconds: number };
  /** Share of good events wanted, for example 0.999. */
  readonly target: number;
  readonly windowMs: number;
}

export interface AlertPlan {
  readonly name: string;
  readonly summary: string;
  /** What to do first. */
  readonly runbook: string;
  /** PromQL; fires while it yields a series for `forMs`. */
  readonly expression: string;
  /** Metrics named in the expression, sorted. */
  readonly metrics: readonly string[];
  readonly forMs: number;
  readonly severity: "critical" | "warning" | "info";
}

export interface DashboardPlan {
  readonly name: string;
  readonly title: string;
  readonly panels: readonly PanelPlan[];
}

export interface PanelPlan {
  readonly title: string;
  readonly unit: "perSecond" | "seconds" | "bytes" | "ratio" | "count";
  readonly queries: readonly { readonly legend: string; readonly expression: string }[];
}

export interface LoadProfilePlan {
  readonly name: string;
  /** The gateway that it drives. */
  readonly target: string;
  readonly stages: readonly { readonly durationMs: number; readonly perSecond: number }[];
  readonly mix: readonly {
    readonly route: string;
    readonly weight: number;
    readonly body: string | null;
  }[];
  readonly objectives: readonly string[];
}
