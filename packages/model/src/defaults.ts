/**
 * What a definition leaves unsaid, and why it becomes what it becomes.
 *
 * Times are milliseconds, sizes bytes, CPU millicores.
 *
 * @module
 */
import type { BreakerPlan, HttpMethod } from "./plan/gateway.ts";
import type { AlertPlan } from "./plan/observe.ts";
import type { PartKind } from "./plan/part.ts";
import type { StoreEngine, StorePlan, StreamPlan } from "./plan/store.ts";

type Figures<Name extends string> = Readonly<Record<Name, number>>;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Two survive the loss of one; three of a stateful part keep a majority without one. */
export const replicaDefault: Readonly<Record<PartKind, number>> = {
  service: 2,
  site: 2,
  gateway: 2,
  stateful: 3,
  daemon: 1,
  job: 1,
  cronJob: 1,
};

export const resourceDefaults: Figures<
  | "cpuMillicores"
  | "memoryBytes"
  | "cpuLimitFactor"
  | "memoryLimitFactor"
  | "ephemeralBytes"
  | "ephemeralLimitFactor"
> = {
  /** A tenth of a core starts a Node process in a second or two and idles on far less. */
  cpuMillicores: 100,
  /** An idle Node service holds about 110 MB; the rest is room for its work. */
  memoryBytes: 256 * mebibyte,
  /** Bursts of start-up and garbage collection need about twice the steady share. */
  cpuLimitFactor: 2,
  /** Memory cannot be taken back like CPU, so its limit stays nearer to what was asked for. */
  memoryLimitFactor: 1.5,
  /** Logs go to the standard output; this is for temporary files. */
  ephemeralBytes: 64 * mebibyte,
  ephemeralLimitFactor: 4,
};

export const probeDefaults: Readonly<
  Record<"startup" | "readiness" | "liveness", Figures<"periodMs" | "timeoutMs" | "failures">>
> = {
  /** Asked every second for two minutes, so that a fast start is seen at once and a slow one lives. */
  startup: { periodMs: second, timeoutMs: second, failures: 120 },
  /** Out of service within 15 s of falling silent. */
  readiness: { periodMs: 5 * second, timeoutMs: 2 * second, failures: 3 },
  /** Restarted after 30 s: later than readiness, for a restart is the last resort. */
  liveness: { periodMs: 10 * second, timeoutMs: 3 * second, failures: 3 },
};

export const stopDefaults: Figures<"graceMs" | "drainMs"> = {
  /** The usual time of Kubernetes; longer than every default route timeout. */
  graceMs: 30 * second,
  /** Endpoint changes reach all routers of a cluster within a few seconds. */
  drainMs: 5 * second,
};

export const restartDefaults: Figures<"initialMs" | "maxMs" | "resetMs"> = {
  /** A crash by chance is mended at once; a crash by fault does not become a storm. */
  initialMs: second / 2,
  maxMs: 30 * second,
  resetMs: 2 * minute,
};

export const rolloutDefaults: Figures<
  "surgePercent" | "unavailablePercent" | "minReadyMs" | "scaleDownDelayMs"
> = {
  /** Never fewer than wanted at two or three replicas, and no long queue at many. */
  surgePercent: 25,
  unavailablePercent: 25,
  /** Long enough for a first wave of requests to show a broken replica. */
  minReadyMs: 5 * second,
  scaleDownDelayMs: 30 * second,
};

/** The time of one attempt, the first wait and the longest, of a route that retries. */
export const retryDefaults: Figures<"initialMs" | "maxMs"> = { initialMs: 50, maxMs: second };

export const routeDefaults: Figures<
  "bodyBytesMax" | "timeoutMs" | "corsMaxAgeMs" | "cacheEntryBytesMax"
> & {
  readonly breaker: BreakerPlan;
  readonly corsHeaders: readonly string[];
  readonly corsExposedHeaders: readonly string[];
  readonly corsMethods: readonly HttpMethod[];
} = {
  /** Enough for JSON; uploads say more. */
  bodyBytesMax: mebibyte,
  /** People leave after ten seconds, and the stop grace is longer. */
  timeoutMs: 10 * second,
  breaker: { consecutiveFailures: 5, openMs: 30 * second, maxEjectedPercent: 50 },
  corsMaxAgeMs: 10 * minute,
  corsHeaders: ["authorization", "content-type", "idempotency-key", "x-correlation-id"],
  corsExposedHeaders: ["etag", "retry-after", "x-correlation-id"],
  corsMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  cacheEntryBytesMax: mebibyte,
};

export const gatewayDefaults: Figures<
  "maxConnections" | "maxInFlight" | "headerBytesMax" | "headerTimeoutMs" | "clockToleranceMs"
> &
  Readonly<Record<"entry" | "openapiPath" | "rolesClaim" | "scopesClaim", string>> = {
  entry: "@ashlar/gateway-app",
  maxConnections: 10_000,
  /** Beyond this, waiting costs more than refusing: one replica answers about 10,000 a second. */
  maxInFlight: 1_000,
  /** As Node's own limit; tokens and cookies fit. */
  headerBytesMax: 16 * 1024,
  headerTimeoutMs: 10 * second,
  openapiPath: "/openapi.json",
  clockToleranceMs: 30 * second,
  rolesClaim: "roles",
  scopesClaim: "scope",
};

export const jobDefaults: Figures<
  "retries" | "deadlineMs" | "keepFinishedMs" | "startingDeadlineMs"
> = {
  retries: 3,
  deadlineMs: hour,
  keepFinishedMs: day,
  /** A run that cannot start within ten minutes waits for its next time. */
  startingDeadlineMs: 10 * minute,
};

export const backupDefaults: Figures<"keepDays" | "keepWeeks" | "keepMonths" | "recoveryTimeMs"> = {
  keepDays: 30,
  keepWeeks: 12,
  keepMonths: 12,
  recoveryTimeMs: 4 * hour,
};

export const streamDefaults: Figures<
  "partitions" | "retentionMs" | "maxEventBytes" | "maxEventBytesMax" | "maxDeliveries"
> & { readonly engine: StreamPlan["engine"] } = {
  engine: "nats",
  partitions: 8,
  retentionMs: 7 * day,
  /** NATS carries up to 1 MiB; an event that needs more belongs in a bucket. */
  maxEventBytes: 256 * 1024,
  maxEventBytesMax: mebibyte,
  maxDeliveries: 8,
};

export const objectiveDefaults: Figures<"windowMs"> = { windowMs: 30 * day };
export const alertDefaults: Pick<AlertPlan, "forMs" | "severity"> = {
  forMs: 5 * minute,
  severity: "warning",
};

/** Well-known ports of protocols. */
export const externalPorts: Readonly<Record<"https" | "http" | "smtp", number>> = {
  https: 443,
  http: 80,
  smtp: 587,
};

type StoreDefaults = Pick<
  StorePlan,
  | "version"
  | "realization"
  | "local"
  | "port"
  | "replicas"
  | "storageBytes"
  | "storageClass"
  | "maxConnections"
> & { readonly cpuMillicores: number; readonly memoryBytes: number; readonly durable: boolean };

/** The class that nearly every cluster has. */
export const storageClass = "standard";

export const storeDefaults: Readonly<Record<StoreEngine, StoreDefaults>> = {
  postgres: {
    version: "18",
    realization: "statefulSet",
    local: "embedded",
    port: 5432,
    replicas: 1,
    storageBytes: 10 * gibibyte,
    storageClass,
    maxConnections: 100,
    cpuMillicores: 500,
    memoryBytes: gibibyte,
    durable: true,
  },
  etcd: {
    version: "3.6.14",
    realization: "statefulSet",
    local: "postgres",
    port: 2379,
    replicas: 3,
    storageBytes: 10 * gibibyte,
    storageClass,
    maxConnections: 1_000,
    cpuMillicores: 100,
    memoryBytes: 256 * mebibyte,
    durable: true,
  },
  redis: {
    version: "8",
    realization: "statefulSet",
    local: "inProcess",
    port: 6379,
    // Several Redis servers behind one address are several different caches.
    replicas: 1,
    storageBytes: gibibyte,
    storageClass,
    maxConnections: 10_000,
    cpuMillicores: 200,
    memoryBytes: 512 * mebibyte,
    durable: false,
  },
  bucket: {
    version: "s3",
    realization: "external",
    local: "url",
    port: 443,
    replicas: 1,
    storageBytes: 100 * gibibyte,
    storageClass,
    maxConnections: 1_000,
    cpuMillicores: 500,
    memoryBytes: gibibyte,
    durable: true,
  },
};
