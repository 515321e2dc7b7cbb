/**
 * Declarations of metrics. A metric is declared once, as a value: the program that measures it, the
 * system definition, alerts, dashboards and scaling rules all refer to that value.
 *
 * - M1  A name is `[a-z][a-z0-9_]*`; a counter ends in `_total`; base units stand in the name.
 * - M2  A label has a bounded set of values: either listed here, or bounded by `maxValues`.
 *
 * @module
 */
import { CodedError } from "./error.ts";

/** The values that a label may take: an explicit list, or an upper bound on how many there are. */
export type LabelValues = readonly string[] | { readonly maxValues: number };

export type Labels = Readonly<Record<string, LabelValues>>;

export type MetricKind = "counter" | "gauge" | "histogram";

export interface Metric<Kind extends MetricKind = MetricKind, L extends Labels = Labels> {
  readonly kind: Kind;
  readonly name: string;
  /** One sentence; shown on dashboards. */
  readonly help: string;
  readonly labels: L;
  /** Upper bounds of a histogram's buckets, ascending, in the metric's base unit. */
  readonly buckets?: readonly number[];
}

export type Counter<L extends Labels = Labels> = Metric<"counter", L>;
export type Gauge<L extends Labels = Labels> = Metric<"gauge", L>;
export type Histogram<L extends Labels = Labels> = Metric<"histogram", L>;

/** Thrown where a metric is declared with a name or label that Prometheus or rule M1/M2 refuses. */
export class MetricDeclarationError extends CodedError<
  "METRIC_DECLARATION_INVALID",
  { readonly name: string; readonly violations: readonly string[] }
> {
  constructor(name: string, violations: readonly string[]) {
    super("METRIC_DECLARATION_INVALID", `metric "${name}": ${violations.join("; ")}`, {
      name,
      violations,
    });
  }
}

interface Declaration<L extends Labels> {
  readonly help: string;
  readonly labels?: L;
}

type NoLabels = Record<never, never>;

/** Counts events. The name must end in `_total`. */
export function counter<const L extends Labels = NoLabels>(
  name: string,
  declaration: Declaration<L>,
): Counter<L> {
  return declare("counter", name, declaration);
}

/** A value that goes up and down. */
export function gauge<const L extends Labels = NoLabels>(
  name: string,
  declaration: Declaration<L>,
): Gauge<L> {
  return declare("gauge", name, declaration);
}

/** Buckets for requests between a millisecond and ten seconds. */
export const latencyBucketsSeconds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10,
];

/** A distribution. Buckets default to {@link latencyBucketsSeconds}. */
export function histogram<const L extends Labels = NoLabels>(
  name: string,
  declaration: Declaration<L> & { readonly buckets?: readonly number[] },
): Histogram<L> {
  const buckets = declaration.buckets ?? latencyBucketsSeconds;
  return { ...declare("histogram", name, declaration), buckets };
}

function declare<Kind extends MetricKind, L extends Labels>(
  kind: Kind,
  name: string,
  declaration: Declaration<L>,
): Metric<Kind, L> {
  const labels = (declaration.labels ?? {}) as L;
  const violations = violationsOf(kind, name, labels);
  if (violations.length > 0) throw new MetricDeclarationError(name, violations);
  return { kind, name, help: declaration.help, labels };
}

const namePattern = /^[a-z][a-z0-9_]*$/;
const reservedLabels: ReadonlySet<string> = new Set(["le", "quantile", "job", "instance"]);

function violationsOf(kind: MetricKind, name: string, labels: Labels): readonly string[] {
  const violations: string[] = [];
  if (!namePattern.test(name)) violations.push(`name must match ${namePattern.source}`);
  if (kind === "counter" && !name.endsWith("_total")) {
    violations.push("a counter's name ends in _total");
  }
  if (kind !== "counter" && name.endsWith("_total")) {
    violations.push("only a counter's name ends in _total");
  }
  for (const [label, values] of Object.entries(labels)) {
    if (!namePattern.test(label))
      violations.push(`label "${label}" must match ${namePattern.source}`);
    if (reservedLabels.has(label)) violations.push(`label "${label}" is reserved by Prometheus`);
    if ("maxValues" in values && !(values.maxValues > 0)) {
      violations.push(`label "${label}" needs maxValues > 0`);
    }
  }
  return violations;
}
