/**
 * Which metrics there are, and who exports them.
 *
 * @module
 */
import {
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  type Metric,
  processMetrics,
} from "@ashlar/foundation";
import type { MetricPlan } from "../plan/plan.ts";
import { platformMetrics } from "../platform-metrics.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

const httpMetrics: readonly Metric[] = [
  httpRequestsTotal,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
];

/** What a part exports: its own metrics, and the standard ones of a Node program. */
export function metricsOf(part: PartDraft): readonly Metric[] {
  const ports = Object.values(part.ports);
  if (part.program.runtime !== "node" || !ports.some((port) => port.exposure === "ops")) {
    return part.metrics;
  }
  const serves = ports.some((port) => port.protocol === "http" && port.exposure !== "ops");
  const standard = serves ? [...processMetrics, ...httpMetrics] : processMetrics;
  return [...part.metrics, ...standard];
}

/** A metric with the parts that export it; none for one of the platform's. */
export interface KnownMetric {
  readonly metric: Metric;
  readonly parts: ReadonlySet<string>;
}

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

/** Every metric by name. Two declarations of one name must agree. */
export function knownMetrics(parts: readonly PartDraft[], faults: Faults): KnownMetrics {
  const known = new Map<string, { metric: Metric; parts: Set<string> }>();
  for (const part of parts) {
    for (const metric of metricsOf(part)) {
      const other = known.get(metric.name);
      if (other === undefined) {
        known.set(metric.name, { metric, parts: new Set([part.name]) });
      } else {
        if (!agree(other.metric, metric)) reportConflict(part, metric, other, faults);
        other.parts.add(part.name);
      }
    }
  }
  for (const metric of platformMetrics) {
    if (!known.has(metric.name)) known.set(metric.name, { metric, parts: new Set() });
  }
  return known;
}

function agree(a: Metric, b: Metric): boolean {
  return a === b || shapeOf(a) === shapeOf(b);
}

function shapeOf(metric: Metric): string {
  const labels = Object.entries(metric.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric.kind, labels, metric.buckets ?? []]);
}

function reportConflict(
  part: PartDraft,
  metric: Metric,
  other: { readonly parts: ReadonlySet<string> },
  faults: Faults,
): void {
  const first = [...other.parts][0] ?? "another part";
  faults.report({
    code: "METRIC_CONFLICT",
    path: `${part.path}.metrics`,
    value: metric.name,
    expected: `the same kind, labels and buckets as in ${first}`,
    problem: `"${metric.name}" is declared otherwise in ${first}`,
  });
}

/** The Plan's form of the metrics that parts export or expressions name. */
export function metricPlans(
  known: KnownMetrics,
  named: ReadonlySet<string>,
): Readonly<Record<string, MetricPlan>> {
  const plans: Record<string, MetricPlan> = {};
  for (const [name, { metric, parts }] of known) {
    if (parts.size === 0 && !named.has(name)) continue;
    plans[name] = {
      name,
      kind: metric.kind,
      help: metric.help,
      labels: Object.fromEntries(
        Object.entries(metric.labels).map(([label, values]) => [
          label,
          Array.isArray(values) ? values : null,
        ]),
      ),
      buckets: metric.buckets ?? [],
      parts: [...parts].toSorted(),
    };
  }
  return plans;
}
