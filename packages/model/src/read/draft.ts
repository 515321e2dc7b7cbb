/**
 * A definition as it was read: typed, its fixed defaults applied, its references still by name.
 *
 * Where nothing depends on other elements or on the environment, a draft already has the Plan's own
 * form. Every draft knows its path, for faults that are found later.
 *
 * @module
 */
import type { Metric } from "@ashlar/foundation";
import type { ConfigField } from "../config.ts";
import type {
  AccessPlan,
  CorsPlan,
  GatewayPlan,
  RetryPlan,
  RoutePlan,
  TokenIssuerPlan,
} from "../plan/gateway.ts";
import type { AlertPlan, LoadProfilePlan, PanelPlan } from "../plan/observe.ts";
import type {
  BackupPlan,
  DaemonPlan,
  JobPlan,
  PartKind,
  PlacementPlan,
  PortPlan,
  ProbePlan,
  ProgramPlan,
  RestartPlan,
  RolloutPlan,
  ScalePolicyPlan,
  ScaleSignalPlan,
  StopPlan,
  VolumePlan,
  WaiverPlan,
} from "../plan/part.ts";
import type { NodePoolPlan } from "../plan/plan.ts";
import type { SecretPlan } from "../plan/secret.ts";
import type { ExternalPlan, StorePlan, StreamPlan } from "../plan/store.ts";

/** Where an element stands in the definition. */
export interface Placed {
  readonly name: string;
  readonly path: string;
}

export interface SystemDraft {
  readonly name: string;
  readonly summary: string;
  readonly owner: { readonly team: string; readonly email: string };
  readonly version: string;
  readonly registry: string | null;
  readonly namespaces: readonly (Placed & { readonly tier: string })[];
  readonly parts: readonly PartDraft[];
  readonly stores: readonly StoreDraft[];
  readonly streams: readonly StreamDraft[];
  readonly externals: readonly (Placed & ExternalPlan)[];
  readonly secrets: readonly SecretDraft[];
  readonly pools: readonly (Placed & NodePoolPlan)[];
  readonly objectives: readonly ObjectiveDraft[];
  readonly alerts: readonly AlertDraft[];
  readonly dashboards: readonly DashboardDraft[];
  readonly loads: readonly LoadDraft[];
  readonly uses: readonly { readonly from: string; readonly use: UseDraft }[];
  readonly environments: readonly EnvironmentDraft[];
}

export type TargetDraft =
  | { readonly to: "port"; readonly part: string; readonly port: string }
  | {
      readonly to: "stream";
      readonly stream: string;
      readonly role: "publish" | "consume";
      readonly group: string;
    }
  | { readonly to: "store" | "external"; readonly name: string }
  | { readonly to: "peers"; readonly port: string }
  /** Plain text: `ledger`, `users.http`, `events.consume(mail)`. */
  | { readonly to: "text"; readonly text: string };

export interface UseDraft {
  readonly path: string;
  readonly target: TargetDraft;
  readonly env: string | null;
  readonly optional: boolean;
  readonly perReplica: boolean;
}

export interface SecretUseDraft {
  readonly path: string;
  readonly secret: string;
  readonly key: string;
  readonly half: "whole" | "public";
  readonly as: "file" | "env";
  readonly env: string | null;
}

export interface ResourcesDraft {
  readonly cpu: number | null;
  readonly cpuLimit: number | "none" | null;
  readonly memory: number | null;
  readonly memoryLimit: number | null;
  readonly ephemeral: number | null;
  readonly ephemeralLimit: number | null;
  readonly qos: "guaranteed" | "burstable" | null;
}

export interface ScaleDraft {
  readonly min: number | null;
  readonly max: number | null;
  readonly on: readonly SignalDraft[] | null;
  readonly up: ScalePolicyPlan | null;
  readonly down: ScalePolicyPlan | null;
  readonly vertical: "off" | "recommend" | "memory" | null;
  readonly perReplicaRate: number | null;
}

export interface SignalDraft {
  readonly path: string;
  readonly signal: ScaleSignalPlan;
  /** The kind that the signal's metric was declared with; null for CPU and memory. */
  readonly metricKind: Metric["kind"] | null;
}

/** `undefined` in a probe: not said, so a default; `null`: none wanted. */
export interface ProbesDraft {
  readonly startup: ProbePlan | null | undefined;
  readonly readiness: ProbePlan | null | undefined;
  readonly liveness: ProbePlan | null | undefined;
}

export interface BackupDraft {
  /** Null where the definition says that there is none, and why. */
  readonly plan: BackupPlan | null;
}

export interface VolumeDraft extends Placed {
  readonly plan: Omit<VolumePlan, "backup">;
  readonly backup: BackupDraft | null;
}

export interface PartDraft extends Placed {
  readonly kind: PartKind;
  readonly summary: string;
  readonly namespace: string | null;
  readonly program: ProgramDraft;
  readonly ports: Readonly<Record<string, PortPlan>>;
  readonly uses: readonly UseDraft[];
  readonly config: Readonly<Record<string, ConfigField>>;
  readonly secrets: readonly SecretUseDraft[];
  readonly metrics: readonly Metric[];
  readonly volumes: readonly VolumeDraft[];
  readonly probes: ProbesDraft;
  readonly resources: ResourcesDraft;
  readonly scale: ScaleDraft;
  readonly maxUnavailable: number | null;
  readonly rollout: RolloutPlan | null;
  readonly placement: PlacementPlan;
  readonly stop: StopPlan;
  readonly restart: RestartPlan;
  readonly waivers: readonly WaiverPlan[];
  readonly gateway: GatewayDraft | null;
  readonly job: JobPlan | null;
  readonly stateful: {
    readonly start: "ordered" | "parallel";
    readonly quorum: number | "majority" | null;
  } | null;
  readonly daemon: DaemonPlan | null;
}

/** An image that is not named is derived from the system's name and version. */
export type ProgramDraft =
  | {
      readonly runtime: "node";
      readonly entry: string;
      readonly args: readonly string[];
      readonly image: string | null;
    }
  | {
      readonly runtime: "command";
      readonly command: readonly string[];
      readonly image: string | null;
    }
  | Extract<ProgramPlan, { readonly runtime: "image" }>;

export interface IssuerDraft extends Placed {
  readonly plan: TokenIssuerPlan;
}

export interface RouteDraft extends Placed {
  readonly target: TargetDraft;
  readonly protocol: "http" | "websocket" | null;
  readonly access: AccessPlan & { readonly issuers: readonly string[] };
  readonly retry:
    | (Omit<RetryPlan, "perTryTimeoutMs"> & {
        readonly perTryTimeoutMs: number | null;
      })
    | null;
  /** `undefined`: the gateway's. */
  readonly cors: CorsDraft | null | undefined;
  readonly plan: Omit<RoutePlan, "protocol" | "target" | "access" | "retry" | "cors">;
}

export type CorsDraft = Omit<CorsPlan, "methods"> & {
  readonly methods: CorsPlan["methods"] | null;
};

export interface GatewayDraft {
  readonly routes: readonly RouteDraft[];
  readonly issuers: readonly IssuerDraft[];
  readonly sharedState: string | null;
  readonly cors: CorsDraft | null;
  readonly tlsSecret: string | null;
  readonly plan: Omit<GatewayPlan, "routes" | "issuers" | "sharedState">;
}

export interface StoreDraft extends Placed {
  readonly namespace: string | null;
  readonly resources: ResourcesDraft;
  readonly backup: BackupDraft | null;
  readonly plan: Omit<StorePlan, "namespace" | "resources" | "backup">;
}

export interface StreamDraft extends Placed {
  readonly namespace: string | null;
  readonly plan: Omit<StreamPlan, "namespace">;
}

export interface SecretDraft extends Placed {
  readonly namespace: string | null;
  readonly plan: Omit<SecretPlan, "namespace">;
}

export interface QueryDraft {
  readonly path: string;
  readonly expression: string;
  /** Metrics given as values. Names in the text are found later. */
  readonly metrics: readonly Metric[];
}

export interface ObjectiveDraft extends Placed {
  readonly summary: string;
  readonly part: string;
  readonly target: number;
  readonly windowMs: number;
  readonly indicator:
    | { readonly kind: "availability"; readonly good: QueryDraft; readonly total: QueryDraft }
    | {
        readonly kind: "latency";
        readonly metric: Metric | null;
        readonly name: string;
        readonly thresholdSeconds: number;
      };
}

export interface AlertDraft extends Placed {
  readonly query: QueryDraft;
  readonly plan: Omit<AlertPlan, "expression" | "metrics">;
}

export interface DashboardDraft extends Placed {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly unit: PanelPlan["unit"];
    readonly queries: readonly { readonly legend: string; readonly query: QueryDraft }[];
  }[];
}

export interface LoadDraft extends Placed {
  readonly plan: Omit<LoadProfilePlan, "objectives">;
  readonly objectives: readonly string[] | null;
}

export interface EnvironmentDraft extends Placed {
  readonly replicas: number | Readonly<Record<string, number>> | null;
  readonly scale: Readonly<Record<string, ScaleDraft>>;
  readonly resources: Readonly<Record<string, ResourcesDraft>>;
  readonly config: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly volumes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly stores: Readonly<Record<string, StoreSizingDraft>>;
}

export interface StoreSizingDraft {
  readonly realization: StorePlan["realization"] | null;
  readonly replicas: number | null;
  readonly storage: number | null;
  readonly storageClass: string | null;
  readonly resources: ResourcesDraft | null;
  readonly maxConnections: number | null;
}
