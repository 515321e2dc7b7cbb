/**
 * Schema of parts in a Plan.
 *
 * @module
 */
import { z } from "zod";
import { gatewaySchema } from "./gateway-schema.ts";
import type {
  ConfigPlan,
  JobPlan,
  PartPlan,
  PortPlan,
  ProbePlan,
  ProgramPlan,
  RolloutPlan,
  ScalePlan,
  ScalePolicyPlan,
  UsePlan,
  VolumePlan,
} from "./part.ts";
import { secretUseSchema } from "./secret-schema.ts";
import { backupSchema, resourcesSchema } from "./sizing-schema.ts";

const text = z.string();
const texts = z.array(text).readonly();
const count = z.int().nonnegative();
const positive = z.int().positive();
const percent = z.int().min(0).max(100);

const program: z.ZodType<ProgramPlan> = z.discriminatedUnion("runtime", [
  z.strictObject({ runtime: z.literal("node"), entry: text, args: texts, image: text }),
  z.strictObject({ runtime: z.literal("command"), command: texts, image: text }),
  z.strictObject({ runtime: z.literal("image"), args: texts, image: text }),
]);

const port: z.ZodType<PortPlan> = z.strictObject({
  name: text,
  protocol: z.enum(["http", "grpc", "tcp", "udp", "websocket"]),
  number: z.int().min(1).max(65_535),
  exposure: z.enum(["part", "public", "ops"]),
});

const common = { env: text, optional: z.boolean() };
const use: z.ZodType<UsePlan> = z.discriminatedUnion("to", [
  z.strictObject({
    to: z.literal("port"),
    part: text,
    port: text,
    perReplica: z.boolean(),
    ...common,
  }),
  z.strictObject({ to: z.literal("store"), store: text, ...common }),
  z.strictObject({
    to: z.literal("stream"),
    stream: text,
    role: z.enum(["publish", "consume"]),
    group: text,
    ...common,
  }),
  z.strictObject({ to: z.literal("external"), external: text, ...common }),
]);

const config: z.ZodType<ConfigPlan> = z.strictObject({
  name: text,
  type: z.enum(["string", "integer", "number", "boolean", "duration", "size", "enum", "list"]),
  value: z.union([text, z.number(), z.boolean(), texts]),
  env: text,
  description: text,
  values: texts,
  min: z.number().nullable(),
  max: z.number().nullable(),
});

const volume: z.ZodType<VolumePlan> = z.strictObject({
  name: text,
  mountPath: text,
  sizeBytes: positive,
  scope: z.enum(["replica", "shared", "scratch"]),
  storageClass: text,
  retain: z.boolean(),
  backup: backupSchema.nullable(),
});

const probe: z.ZodType<ProbePlan> = z.strictObject({
  check: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("http"), port: text, path: text }),
    z.strictObject({ kind: z.literal("tcp"), port: text }),
    z.strictObject({ kind: z.literal("grpc"), port: text, service: text }),
  ]),
  periodMs: positive,
  timeoutMs: positive,
  failures: positive,
  successes: positive,
  initialDelayMs: count,
});

const policy: z.ZodType<ScalePolicyPlan> = z.strictObject({
  stabilizationMs: count,
  select: z.enum(["max", "min"]),
  steps: z
    .array(
      z.strictObject({
        unit: z.enum(["percent", "replicas"]),
        value: positive,
        periodMs: positive,
      }),
    )
    .readonly(),
});

const scale: z.ZodType<ScalePlan> = z.strictObject({
  min: positive,
  max: positive,
  signals: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.enum(["cpu", "memory"]), utilizationPercent: percent }),
        z.strictObject({
          kind: z.literal("metric"),
          metric: text,
          perReplica: z.number().positive(),
        }),
      ]),
    )
    .readonly(),
  up: policy,
  down: policy,
  vertical: z.enum(["off", "recommend", "memory"]),
  perReplicaRate: z.number().positive().nullable(),
});

const rollout: z.ZodType<RolloutPlan> = z.discriminatedUnion("strategy", [
  z.strictObject({
    strategy: z.literal("rolling"),
    surgePercent: percent,
    unavailablePercent: percent,
    minReadyMs: count,
  }),
  z.strictObject({
    strategy: z.literal("partitioned"),
    waves: z.array(count).readonly(),
    minReadyMs: count,
  }),
  z.strictObject({
    strategy: z.literal("blueGreen"),
    autoPromote: z.boolean(),
    scaleDownDelayMs: count,
    objectives: texts,
    minReadyMs: count,
  }),
  z.strictObject({
    strategy: z.literal("canary"),
    steps: z.array(z.strictObject({ weightPercent: percent, pauseMs: count })).readonly(),
    objectives: texts,
    minReadyMs: count,
  }),
]);

const job: z.ZodType<JobPlan> = z.strictObject({
  schedule: text.nullable(),
  concurrency: z.enum(["allow", "forbid", "replace"]),
  startingDeadlineMs: count,
  parallelism: positive,
  completions: positive,
  retries: count,
  deadlineMs: positive,
  keepFinishedMs: count,
});

export const partSchema: z.ZodType<PartPlan> = z
  .strictObject({
    kind: z.enum(["service", "stateful", "daemon", "job", "cronJob", "gateway", "site"]),
    name: text,
    summary: text,
    namespace: text,
    program,
    ports: z.record(text, port),
    uses: z.array(use).readonly(),
    config: z.record(text, config),
    secrets: z.array(secretUseSchema).readonly(),
    volumes: z.array(volume).readonly(),
    probes: z.strictObject({
      startup: probe.nullable(),
      readiness: probe.nullable(),
      liveness: probe.nullable(),
    }),
    resources: resourcesSchema,
    scale,
    disruption: z.strictObject({ maxUnavailable: positive }),
    rollout,
    placement: z.strictObject({
      priority: z.enum(["critical", "high", "normal"]),
      pool: text.nullable(),
      spread: z.array(z.enum(["host", "zone"])).readonly(),
      antiAffinity: z.enum(["required", "preferred", "none"]),
    }),
    stop: z.strictObject({ graceMs: positive, drainMs: count }),
    restart: z.strictObject({ initialMs: positive, maxMs: positive, resetMs: positive }),
    metrics: texts,
    waivers: z.array(z.strictObject({ check: text, reason: text, until: text })).readonly(),
    gateway: gatewaySchema.exactOptional(),
    job: job.exactOptional(),
    stateful: z
      .strictObject({ start: z.enum(["ordered", "parallel"]), quorum: positive.nullable() })
      .exactOptional(),
    daemon: z.strictObject({ hostNetwork: z.boolean() }).exactOptional(),
  })
  .meta({ id: "PartPlan" });
