/**
 * One part of a Plan: something that runs as one or more equal processes.
 *
 * @module
 */
import type { GatewayPlan } from "./gateway.ts";
import type { SecretUsePlan } from "./secret.ts";

export type PartKind = "service" | "stateful" | "daemon" | "job" | "cronJob" | "gateway" | "site";

export interface PartPlan {
  readonly kind: PartKind;
  /** DNS label, at most 40 characters, unique among parts, stores, streams and externals. */
  readonly name: string;
  readonly summary: string;
  readonly namespace: string;
  readonly program: ProgramPlan;
  /** By port name. A part that serves nothing has none. */
  readonly ports: Readonly<Record<string, PortPlan>>;
  readonly uses: readonly UsePlan[];
  readonly config: Readonly<Record<string, ConfigPlan>>;
  readonly secrets: readonly SecretUsePlan[];
  readonly volumes: readonly VolumePlan[];
  readonly probes: ProbesPlan;
  readonly resources: ResourcesPlan;
  readonly scale: ScalePlan;
  readonly disruption: DisruptionPlan;
  readonly rollout: RolloutPlan;
  readonly placement: PlacementPlan;
  readonly stop: StopPlan;
  readonly restart: RestartPlan;
  /** Names of the metrics that it exports on its `ops` port, sorted. */
  readonly metrics: readonly string[];
  /** Checks waived for this part, each with its reason and last day. */
  readonly waivers: readonly WaiverPlan[];
  /** Present exactly when `kind` is `gateway`. */
  readonly gateway?: GatewayPlan;
  /** Present exactly when `kind` is `job` or `cronJob`. */
  readonly job?: JobPlan;
  /** Present exactly when `kind` is `stateful`. */
  readonly stateful?: StatefulPlan;
  /** Present exactly when `kind` is `daemon`. */
  readonly daemon?: DaemonPlan;
}

/** What runs. `node` and `command` run on one machine; `image` alone runs only in a cluster. */
export type ProgramPlan =
  | {
      readonly runtime: "node";
      /** `./x.ts` relative to the definition's file, or a package specifier. */
      readonly entry: string;
      readonly args: readonly string[];
      readonly image: string;
    }
  | { readonly runtime: "command"; readonly command: readonly string[]; readonly image: string }
  | { readonly runtime: "image"; readonly args: readonly string[]; readonly image: string };

export type PortProtocol = "http" | "grpc" | "tcp" | "udp" | "websocket";

export interface PortPlan {
  readonly name: string;
  readonly protocol: PortProtocol;
  /** The number inside the cluster; the local runner chooses another where it is taken. */
  readonly number: number;
  /**
   * `part`: reachable by declared users. `public`: also from outside. `ops`: health and metrics,
   * reachable by the platform alone and by no route.
   */
  readonly exposure: "part" | "public" | "ops";
}

/** One dependency, and the environment variable that carries its address to the process. */
export type UsePlan =
  | {
      readonly to: "port";
      readonly part: string;
      readonly port: string;
      /** For example `USERS_URL`; for a stateful part's peers a comma-separated list. */
      readonly env: string;
      /** Address each replica by itself rather than the part as a whole. */
      readonly perReplica: boolean;
      /** May it start before its target is ready? True for peers and for cycles. */
      readonly optional: boolean;
    }
  | {
      readonly to: "store";
      readonly store: string;
      readonly env: string;
      readonly optional: boolean;
    }
  | {
      readonly to: "stream";
      readonly stream: string;
      readonly role: "publish" | "consume";
      /** Consumer group: each event reaches one member of each group. Empty for publishers. */
      readonly group: string;
      readonly env: string;
      readonly optional: boolean;
    }
  | {
      readonly to: "external";
      readonly external: string;
      readonly env: string;
      readonly optional: boolean;
    };

export interface ConfigPlan {
  readonly name: string;
  readonly type:
    | "string"
    | "integer"
    | "number"
    | "boolean"
    | "duration"
    | "size"
    | "enum"
    | "list";
  readonly value: string | number | boolean | readonly string[];
  /** The variable that overrides the file. */
  readonly env: string;
  readonly description: string;
  /** Listed values of an `enum`; empty for other types. */
  readonly values: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
}

export interface VolumePlan {
  readonly name: string;
  readonly mountPath: string;
  readonly sizeBytes: number;
  /** `replica`: each replica keeps its own. `shared`: one for all. `scratch`: gone with the process. */
  readonly scope: "replica" | "shared" | "scratch";
  readonly storageClass: string;
  readonly retain: boolean;
  readonly backup: BackupPlan | null;
}

export interface BackupPlan {
  /** Five-field cron expression, UTC. */
  readonly schedule: string;
  readonly keepDays: number;
  readonly keepWeeks: number;
  readonly keepMonths: number;
  /** How much may be lost, and how long a restore may take. */
  readonly recoveryPointMs: number;
  readonly recoveryTimeMs: number;
}

export type ProbeCheck =
  | { readonly kind: "http"; readonly port: string; readonly path: string }
  | { readonly kind: "tcp"; readonly port: string }
  | { readonly kind: "grpc"; readonly port: string; readonly service: string };

export interface ProbePlan {
  readonly check: ProbeCheck;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  readonly successes: number;
  readonly initialDelayMs: number;
}

export interface ProbesPlan {
  /** Until it succeeds, the others wait. */
  readonly startup: ProbePlan | null;
  readonly readiness: ProbePlan | null;
  readonly liveness: ProbePlan | null;
}

export interface ResourcesPlan {
  readonly cpuMillicores: number;
  /** Null: no limit, by an explicit choice that carries a waiver. */
  readonly cpuLimitMillicores: number | null;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly ephemeralBytes: number;
  readonly ephemeralLimitBytes: number;
  readonly qos: "guaranteed" | "burstable";
}

export type ScaleSignalPlan =
  | { readonly kind: "cpu" | "memory"; readonly utilizationPercent: number }
  | { readonly kind: "metric"; readonly metric: string; readonly perReplica: number };

export interface ScalePolicyPlan {
  readonly stabilizationMs: number;
  readonly select: "max" | "min";
  readonly steps: readonly {
    readonly unit: "percent" | "replicas";
    readonly value: number;
    readonly periodMs: number;
  }[];
}

export interface ScalePlan {
  /** Replicas to start with; the fixed number where `max === min`. */
  readonly min: number;
  readonly max: number;
  readonly signals: readonly ScaleSignalPlan[];
  readonly up: ScalePolicyPlan;
  readonly down: ScalePolicyPlan;
  /** `memory` or `off`: what a vertical autoscaler may change. */
  readonly vertical: "off" | "recommend" | "memory";
  /** Expected load one replica carries, for capacity checks; null where not stated. */
  readonly perReplicaRate: number | null;
}

export interface DisruptionPlan {
  readonly maxUnavailable: number;
}

export type RolloutPlan =
  | {
      readonly strategy: "rolling";
      readonly surgePercent: number;
      readonly unavailablePercent: number;
      readonly minReadyMs: number;
    }
  | {
      readonly strategy: "partitioned";
      /** Partitions one after another, falling, the last 0: each updates the ordinals from it up. */
      readonly waves: readonly number[];
      readonly minReadyMs: number;
    }
  | {
      readonly strategy: "blueGreen";
      readonly autoPromote: boolean;
      readonly scaleDownDelayMs: number;
      readonly objectives: readonly string[];
      readonly minReadyMs: number;
    }
  | {
      readonly strategy: "canary";
      readonly steps: readonly { readonly weightPercent: number; readonly pauseMs: number }[];
      readonly objectives: readonly string[];
      readonly minReadyMs: number;
    };

export interface PlacementPlan {
  readonly priority: "critical" | "high" | "normal";
  readonly pool: string | null;
  readonly spread: readonly ("host" | "zone")[];
  readonly antiAffinity: "required" | "preferred" | "none";
}

export interface StopPlan {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Time between unready and SIGTERM, for routers to notice. */
  readonly drainMs: number;
}

/** What follows a crash: back-off from `initialMs` up to `maxMs`, forgotten after `resetMs` alive. */
export interface RestartPlan {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly resetMs: number;
}

export interface JobPlan {
  /** Five-field cron expression, UTC; null for a job that runs once. */
  readonly schedule: string | null;
  readonly concurrency: "allow" | "forbid" | "replace";
  readonly startingDeadlineMs: number;
  readonly parallelism: number;
  readonly completions: number;
  readonly retries: number;
  readonly deadlineMs: number;
  readonly keepFinishedMs: number;
}

export interface StatefulPlan {
  /** `ordered`: one after another, each ready before the next. `parallel`: a quorum must form. */
  readonly start: "ordered" | "parallel";
  /** Replicas that must live for the part to serve; null where any one suffices. */
  readonly quorum: number | null;
}

export interface DaemonPlan {
  readonly hostNetwork: boolean;
}

export interface WaiverPlan {
  /** For example `kube-score/container-security-context`. */
  readonly check: string;
  readonly reason: string;
  /** `YYYY-MM-DD`: after this day the waiver is a fault. */
  readonly until: string;
}
