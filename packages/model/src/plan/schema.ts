/**
 * The Plan's schema: what programs that read a Plan from a file hold it to.
 *
 * The interfaces beside this file are written by hand and carry the documentation; the types here
 * make the compiler prove that schema and interfaces agree.
 *
 * @module
 */
import { z } from "zod";
import { alertSchema, dashboardSchema, loadSchema, objectiveSchema } from "./observe-schema.ts";
import { partSchema } from "./part-schema.ts";
import type { EdgePlan, MetricPlan, NamespacePlan, NodePoolPlan, Plan } from "./plan.ts";
import { secretSchema } from "./secret-schema.ts";
import { externalSchema, storeSchema, streamSchema } from "./store-schema.ts";

const text = z.string();
const count = z.int().nonnegative();

const namespace: z.ZodType<NamespacePlan> = z.strictObject({
  name: text,
  tier: text,
  podSecurity: z.enum(["restricted", "baseline", "privileged"]),
});

const metric: z.ZodType<MetricPlan> = z.strictObject({
  name: text,
  kind: z.enum(["counter", "gauge", "histogram"]),
  help: text,
  labels: z.record(text, z.array(text).readonly().nullable()),
  buckets: z.array(z.number()).readonly(),
  parts: z.array(text).readonly(),
});

const pool: z.ZodType<NodePoolPlan> = z.strictObject({
  name: text,
  cpuMillicores: count,
  memoryBytes: count,
  min: count,
  max: count,
  labels: z.record(text, text),
  taints: z.array(text).readonly(),
  spot: z.boolean(),
});

const edge: z.ZodType<EdgePlan> = z.strictObject({
  from: text,
  to: z.union([
    z.strictObject({ kind: z.literal("part"), name: text, port: text }),
    z.strictObject({ kind: z.enum(["store", "stream", "external"]), name: text }),
  ]),
});

/** Schema of a Plan. Unknown fields are refused: they come from another format. */
export const planZod: z.ZodType<Plan> = z.strictObject({
  format: z.literal("ashlar.plan/1"),
  system: text,
  summary: text,
  environment: text,
  owner: z.strictObject({ team: text, email: text }),
  namespaces: z.record(text, namespace),
  parts: z.record(text, partSchema),
  stores: z.record(text, storeSchema),
  streams: z.record(text, streamSchema),
  externals: z.record(text, externalSchema),
  secrets: z.record(text, secretSchema),
  metrics: z.record(text, metric),
  objectives: z.record(text, objectiveSchema),
  alerts: z.record(text, alertSchema),
  dashboards: z.record(text, dashboardSchema),
  loads: z.record(text, loadSchema),
  pools: z.record(text, pool),
  edges: z.array(edge).readonly(),
  startOrder: z.array(z.array(text).readonly()).readonly(),
});
