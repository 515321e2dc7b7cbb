/**
 * Reads objectives, alerts, dashboards and load profiles.
 *
 * @module
 */
import { alertDefaults, objectiveDefaults } from "../defaults.ts";
import type { AlertDraft, DashboardDraft, LoadDraft, ObjectiveDraft, QueryDraft } from "./draft.ts";
import { readMetric, readMetricValue } from "./metric.ts";
import {
  above,
  filled,
  isRecord,
  label,
  listOf,
  mapOf,
  may,
  milliseconds,
  need,
  orNull,
  type Read,
  shape,
  text,
  turned,
  wholeSeconds,
  word,
} from "./reader.ts";
import { named } from "./reference.ts";

const day = 86_400_000;

const queryFields = shape(
  "an expression made by promql",
  { expression: need(filled, ""), metrics: may(listOf(readMetric), []) },
  ["type"],
);

/** An expression as a value of `promql`, or as text. */
const readQuery: Read<QueryDraft> = (value, path, faults) => {
  if (typeof value === "string") return { path, expression: value, metrics: [] };
  const fields = queryFields(value, path, faults);
  return fields === undefined ? undefined : { path, ...fields };
};
const noQuery: QueryDraft = { path: "", expression: "", metrics: [] };

const objectiveCommon = {
  name: need(label(40), ""),
  summary: may(text(), ""),
  part: need(named("a part"), ""),
  target: need(above(0, 1), 0.99),
  window: may(milliseconds(day), objectiveDefaults.windowMs),
};
const availability = shape(
  "an objective",
  { ...objectiveCommon, good: need(readQuery, noQuery), total: need(readQuery, noQuery) },
  ["type"],
);
const latency = shape(
  "an objective",
  {
    ...objectiveCommon,
    latency: need(readMetricValue, { name: "", metric: null }),
    threshold: need(milliseconds(1), 1),
  },
  ["type"],
);

export const readObjective: Read<ObjectiveDraft> = (value, path, faults) => {
  if (isRecord(value) && "latency" in value) {
    const fields = latency(value, path, faults);
    if (fields === undefined) return undefined;
    const { latency: measured, threshold, window, ...rest } = fields;
    const indicator = {
      kind: "latency",
      ...measured,
      thresholdSeconds: threshold / 1000,
    } as const;
    return { ...rest, path, windowMs: window, indicator };
  }
  const fields = availability(value, path, faults);
  if (fields === undefined) return undefined;
  const { good, total, window, ...rest } = fields;
  return { ...rest, path, windowMs: window, indicator: { kind: "availability", good, total } };
};

const alertFields = shape(
  "an alert",
  {
    name: need(text("a name in PascalCase", /^[A-Z][A-Za-z0-9]*$/), ""),
    summary: need(filled, ""),
    runbook: need(filled, ""),
    when: need(readQuery, noQuery),
    for: may(wholeSeconds(), alertDefaults.forMs),
    severity: may(word("critical", "warning", "info"), alertDefaults.severity),
  },
  ["type"],
);

export const readAlert: Read<AlertDraft> = turned(alertFields, (fields, path) => {
  const { when, for: lasting, ...rest } = fields;
  return { name: fields.name, path, query: when, plan: { ...rest, forMs: lasting } };
});

const panel = turned(
  shape("a panel", {
    title: need(filled, ""),
    unit: need(word("perSecond", "seconds", "bytes", "ratio", "count"), "count"),
    queries: need(mapOf(readQuery), {}),
  }),
  ({ queries, ...rest }) => ({
    ...rest,
    queries: Object.entries(queries).map(([legend, query]) => ({ legend, query })),
  }),
);
const dashboardFields = shape(
  "a dashboard",
  {
    name: need(label(40), ""),
    title: may(filled, null),
    panels: need(listOf(panel, { min: 1 }), []),
  },
  ["type"],
);

export const readDashboard: Read<DashboardDraft> = turned(
  dashboardFields,
  ({ name, title, panels }, path) => ({ name, path, title: title ?? name, panels }),
);

const stage = turned(
  shape("a stage", { for: need(milliseconds(1000), 1000), perSecond: need(above(-1), 0) }),
  ({ for: lasting, perSecond }) => ({ durationMs: lasting, perSecond }),
);
const share = shape("a share of the mix", {
  route: need(named("a route"), ""),
  weight: need(above(0), 1),
  body: may(orNull(text()), null),
});
const loadFields = shape(
  "a load profile",
  {
    name: need(label(40), ""),
    target: need(named("a gateway"), ""),
    stages: need(listOf(stage, { min: 1 }), []),
    mix: need(listOf(share, { min: 1 }), []),
    objectives: may(listOf(named("an objective")), null),
  },
  ["type"],
);

export const readLoad: Read<LoadDraft> = turned(loadFields, ({ objectives, ...plan }, path) => ({
  name: plan.name,
  path,
  plan,
  objectives,
}));
