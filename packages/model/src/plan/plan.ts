/**
 * The Plan: a system with every default applied, in one JSON document.
 *
 * The Kubernetes renderer, the local runner, the gateway, the console and the generated documents
 * read the Plan and nothing else. It holds no functions, no values of secrets, and no order that
 * matters beyond what an array says.
 *
 * - P1  A Plan is frozen, and equal definitions give byte-equal JSON (keys sorted).
 * - P2  Every name that a Plan refers to is a key of the map that it names.
 * - P3  All times are milliseconds, all sizes bytes, all CPU millicores.
 *
 * @module
 */
import type { MetricKind } from "@ashlar/foundation";
import type { AlertPlan, DashboardPlan, LoadProfilePlan, ObjectivePlan } from "./observe.ts";
import type { PartPlan } from "./part.ts";
import type { SecretPlan } from "./secret.ts";
import type { ExternalPlan, StorePlan, StreamPlan } from "./store.ts";

export interface Plan {
  readonly format: "ashlar.plan/1";
  /** DNS label, at most 40 characters. */
  readonly system: string;
  readonly summary: string;
  /** `dev`, `small`, `large`, or another that the definition names. */
  readonly environment: string;
  readonly owner: { readonly team: string; readonly email: string };
  readonly namespaces: Readonly<Record<string, NamespacePlan>>;
  /** Everything that runs as processes of the system's own. */
  readonly parts: Readonly<Record<string, PartPlan>>;
  readonly stores: Readonly<Record<string, StorePlan>>;
  readonly streams: Readonly<Record<string, StreamPlan>>;
  readonly externals: Readonly<Record<string, ExternalPlan>>;
  readonly secrets: Readonly<Record<string, SecretPlan>>;
  readonly metrics: Readonly<Record<string, MetricPlan>>;
  readonly objectives: Readonly<Record<string, ObjectivePlan>>;
  readonly alerts: Readonly<Record<string, AlertPlan>>;
  readonly dashboards: Readonly<Record<string, DashboardPlan>>;
  readonly loads: Readonly<Record<string, LoadProfilePlan>>;
  readonly pools: Readonly<Record<string, NodePoolPlan>>;
  /** Who may open a connection to whom: the closure of all `uses`. The network policy, entire. */
  readonly edges: readonly EdgePlan[];
  /** Parts in waves: all of a wave's dependencies are ready before it starts. Cycles share a wave. */
  readonly startOrder: readonly (readonly string[])[];
}

export interface NamespacePlan {
  readonly name: string;
  readonly tier: string;
  /** The strictest level that every pod in it can meet, or what a waiver allows. */
  readonly podSecurity: "restricted" | "baseline" | "privileged";
}

export interface MetricPlan {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  /** Label to its listed values, or to `null` where only their number is bounded. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  readonly buckets: readonly number[];
  /** The parts that export it, sorted. Empty: the platform does (`up`, volume and pod figures). */
  readonly parts: readonly string[];
}

export interface NodePoolPlan {
  readonly name: string;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  readonly min: number;
  readonly max: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly string[];
  readonly spot: boolean;
}

export interface EdgePlan {
  readonly from: string;
  readonly to:
    | { readonly kind: "part"; readonly name: string; readonly port: string }
    | { readonly kind: "store" | "stream" | "external"; readonly name: string };
}
