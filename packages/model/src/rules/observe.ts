/**
 * What is watched exists: metrics, labels, parts, routes, buckets.
 *
 * @module
 */
import type { Metric } from "@ashlar/foundation";
import { find } from "../assemble/directory.ts";
import type { KnownMetric } from "../assemble/metrics.ts";
import { metricOfSeries, type Resolved } from "../assemble/plan.ts";
import { type Selector, scanPromql } from "../promql-scan.ts";
import type { LoadDraft, ObjectiveDraft, QueryDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkObserving(resolved: Resolved, faults: Faults): void {
  const { draft } = resolved;
  for (const alert of draft.alerts) checkQuery(alert.query, resolved, faults);
  for (const { panels } of draft.dashboards) {
    for (const { queries } of panels) {
      for (const { query } of queries) checkQuery(query, resolved, faults);
    }
  }
  for (const objective of draft.objectives) checkObjective(objective, resolved, faults);
  for (const load of draft.loads) checkLoad(load, resolved, faults);
}

/** Labels that the scraper adds to every series. */
const targetLabels: ReadonlySet<string> = new Set([
  "part",
  "instance",
  "namespace",
  "pod",
  "job",
  "container",
  "node",
]);

function checkQuery(query: QueryDraft, resolved: Resolved, faults: Faults): void {
  if (query.expression === "") return; // It has been refused already.
  const scan = scanPromql(query.expression);
  if (typeof scan === "string") {
    faults.report({
      code: "PROMQL_INVALID",
      path: query.path,
      value: query.expression,
      expected: "a PromQL expression over exported metrics",
      problem: `cannot be read as PromQL: ${scan}`,
    });
    return;
  }
  const known: KnownMetric[] = [];
  for (const selector of scan.selectors) {
    const metric = checkMetric(selector, query, resolved, faults);
    if (metric === undefined) continue;
    known.push(metric);
    checkMatchers(selector, metric, { query, resolved, faults });
  }
  const labels = new Set(known.flatMap(({ metric }) => [...labelsOf(metric)]));
  const complete = known.length === scan.selectors.length;
  for (const label of scan.groupings) {
    if (complete && !labels.has(label)) reportLabel(label, labels, query, faults);
  }
}

function labelsOf(metric: Metric): ReadonlySet<string> {
  const labels = new Set([...Object.keys(metric.labels), ...targetLabels]);
  if (metric.kind === "histogram") labels.add("le");
  return labels;
}

function reportLabel(
  label: string,
  labels: ReadonlySet<string>,
  query: QueryDraft,
  faults: Faults,
): void {
  faults.report({
    code: "LABEL_UNKNOWN",
    path: query.path,
    value: label,
    expected: `one of ${[...labels].join(", ")}`,
    problem: `unknown label "${label}"`,
    candidates: labels,
  });
}

function checkMetric(
  { metric: series }: Selector,
  query: QueryDraft,
  { metrics }: Resolved,
  faults: Faults,
): KnownMetric | undefined {
  const name = metricOfSeries(series, metrics);
  const found = metrics.get(name);
  if (found !== undefined) return found;
  const isValue = query.metrics.some((metric) => series.startsWith(metric.name));
  return faults.report({
    code: isValue ? "METRIC_NOT_EXPORTED" : "METRIC_UNKNOWN",
    path: query.path,
    value: name,
    expected: "a metric that a part of the system exports",
    problem: isValue ? `nobody exports "${name}"` : `unknown metric "${name}"`,
    candidates: metrics.keys(),
  });
}

interface Asking {
  readonly query: QueryDraft;
  readonly resolved: Resolved;
  readonly faults: Faults;
}

function checkMatchers(selector: Selector, known: KnownMetric, asking: Asking): void {
  const { query, resolved, faults } = asking;
  const labels = labelsOf(known.metric);
  for (const { label, operator, text } of selector.matchers) {
    if (!labels.has(label)) {
      reportLabel(label, labels, query, faults);
      continue;
    }
    if (operator !== "=" && operator !== "!=") continue;
    const listed = Object.hasOwn(known.metric.labels, label)
      ? known.metric.labels[label]
      : undefined;
    if (Array.isArray(listed) && !listed.includes(text)) {
      faults.report({
        code: "LABEL_VALUE_UNKNOWN",
        path: query.path,
        value: text,
        expected: `one of ${listed.join(", ")}`,
        problem: `label "${label}" never has the value "${text}"`,
        candidates: listed,
      });
    }
    if (label === "part") checkPartLabel(text, known, { query, resolved, faults });
  }
}

/** `part="users"` names a part that exports the metric. */
function checkPartLabel(name: string, known: KnownMetric, asking: Asking): void {
  const { query, resolved, faults } = asking;
  const { path } = query;
  const part = find(resolved.directory.parts, name, { path, what: "part", faults });
  if (part === undefined || known.parts.size === 0 || known.parts.has(name)) return;
  faults.report({
    code: "METRIC_NOT_EXPORTED",
    path,
    value: known.metric.name,
    expected: `one of ${[...known.parts].join(", ")}`,
    problem: `"${name}" does not export "${known.metric.name}"`,
  });
}

function checkObjective(objective: ObjectiveDraft, resolved: Resolved, faults: Faults): void {
  const { path, part: name, indicator } = objective;
  const at = { path: `${path}.part`, what: "part", faults };
  const part = find(resolved.directory.parts, name, at);
  if (indicator.kind === "availability") {
    checkQuery(indicator.good, resolved, faults);
    checkQuery(indicator.total, resolved, faults);
    return;
  }
  if (indicator.name === "") return;
  const known = resolved.metrics.get(indicator.name);
  if (known === undefined || (part !== undefined && !known.parts.has(part.name))) {
    faults.report({
      code: "METRIC_NOT_EXPORTED",
      path: `${path}.latency`,
      value: indicator.name,
      expected: `a histogram that ${name} exports`,
      problem: `"${name}" does not export "${indicator.name}"`,
    });
    return;
  }
  checkThreshold(objective, known.metric, faults);
}

function checkThreshold(objective: ObjectiveDraft, metric: Metric, faults: Faults): void {
  const { indicator, path } = objective;
  if (indicator.kind !== "latency") return;
  if (metric.kind !== "histogram") {
    faults.report({
      code: "OBJECTIVE_METRIC_KIND",
      path: `${path}.latency`,
      value: metric.name,
      expected: "a histogram of durations",
      problem: `"${metric.name}" is a ${metric.kind}`,
    });
    return;
  }
  const buckets = metric.buckets ?? [];
  if (buckets.includes(indicator.thresholdSeconds)) return;
  faults.report({
    code: "OBJECTIVE_THRESHOLD",
    path: `${path}.threshold`,
    value: indicator.thresholdSeconds,
    expected: `a bound of a bucket, in seconds: ${buckets.join(", ")}`,
    problem: `${indicator.thresholdSeconds} s is no bound of a bucket of "${metric.name}"`,
  });
}

function checkLoad(load: LoadDraft, { directory }: Resolved, faults: Faults): void {
  const { path, plan } = load;
  const gateways = new Map([...directory.parts].filter(([, part]) => part.gateway !== null));
  const at = { path: `${path}.target`, what: "gateway", faults };
  const routes = find(gateways, plan.target, at)?.gateway?.routes;
  for (const name of load.objectives ?? []) {
    const at = { path: `${path}.objectives`, what: "objective", faults };
    find(directory.objectives, name, at);
  }
  if (routes === undefined) return;
  const byName = new Map(routes.map((route) => [route.name, route]));
  for (const [index, { route }] of plan.mix.entries()) {
    const at = { path: `${path}.mix[${index}].route`, what: `route of ${plan.target}`, faults };
    find(byName, route, at);
  }
}
