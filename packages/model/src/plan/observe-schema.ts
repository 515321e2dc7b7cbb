/**
 * Schema of objectives, alerts, dashboards and load profiles in a Plan.
 *
 * @module
 */
import { z } from "zod";
import type { AlertPlan, DashboardPlan, LoadProfilePlan, ObjectivePlan } from "./observe.ts";

const text = z.string();
const count = z.int().nonnegative();

export const objectiveSchema: z.ZodType<ObjectivePlan> = z
  .strictObject({
    name: text,
    summary: text,
    part: text,
    indicator: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("availability"), good: text, total: text }),
      z.strictObject({
        kind: z.literal("latency"),
        metric: text,
        thresholdSeconds: z.number().positive(),
      }),
    ]),
    target: z.number().gt(0).lt(1),
    windowMs: count,
  })
  .meta({ id: "ObjectivePlan" });

export const alertSchema: z.ZodType<AlertPlan> = z
  .strictObject({
    name: text,
    summary: text,
    runbook: text,
    expression: text,
    metrics: z.array(text).readonly(),
    forMs: count,
    severity: z.enum(["critical", "warning", "info"]),
  })
  .meta({ id: "AlertPlan" });

export const dashboardSchema: z.ZodType<DashboardPlan> = z
  .strictObject({
    name: text,
    title: text,
    panels: z
      .array(
        z.strictObject({
          title: text,
          unit: z.enum(["perSecond", "seconds", "bytes", "ratio", "count"]),
          queries: z.array(z.strictObject({ legend: text, expression: text })).readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ id: "DashboardPlan" });

export const loadSchema: z.ZodType<LoadProfilePlan> = z
  .strictObject({
    name: text,
    target: text,
    stages: z
      .array(z.strictObject({ durationMs: count, perSecond: z.number().nonnegative() }))
      .readonly(),
    mix: z
      .array(z.strictObject({ route: text, weight: z.number().positive(), body: text.nullable() }))
      .readonly(),
    objectives: z.array(text).readonly(),
  })
  .meta({ id: "LoadProfilePlan" });
