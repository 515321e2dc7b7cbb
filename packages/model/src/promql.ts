/**
 * PromQL with metrics as values.
 *
 * What is interpolated is recorded, so that a renamed metric is a compile error and one that nobody
 * exports is a fault: promql`rate(${ordersPlaced}[5m]) > 10`.
 *
 * @module
 */
import type { Labels, Metric } from "@ashlar/foundation";
import type { AnyPart } from "./part.ts";

/** An expression, with the metrics that were put into it. */
export interface PromQuery {
  readonly type: "promql";
  readonly expression: string;
  readonly metrics: readonly Metric[];
}

/** A condition on a label other than equality. */
export interface LabelMatch {
  readonly type: "labelMatch";
  readonly operator: "!=" | "=~" | "!~";
  readonly text: string;
}

/** Labels that every scraped series carries, whoever exports it. */
export type TargetLabel = "part" | "instance" | "namespace" | "pod";

type ValueOf<Allowed> = Allowed extends readonly (infer Listed extends string)[] ? Listed : string;

/** Conditions by label: those that the metric declares, and {@link TargetLabel}. */
export type Matchers<L extends Labels> = string extends keyof L
  ? Readonly<Record<string, string | AnyPart | LabelMatch>>
  : { readonly [Label in keyof L & string]?: ValueOf<L[Label]> | LabelMatch } & {
      readonly [Label in TargetLabel]?: string | AnyPart | LabelMatch;
    };

/** Every value but this one. */
export function not(text: string): LabelMatch {
  return { type: "labelMatch", operator: "!=", text };
}

/** Values that match this regular expression (RE2, anchored). */
export function matching(pattern: string): LabelMatch {
  return { type: "labelMatch", operator: "=~", text: pattern };
}

/** Values that do not match this regular expression (RE2, anchored). */
export function notMatching(pattern: string): LabelMatch {
  return { type: "labelMatch", operator: "!~", text: pattern };
}

/**
 * The series of a metric with these labels: `series(httpRequestsTotal, { method: "GET" })`. Labels
 * are those that the metric declares, and listed values are checked.
 *
 * `suffix` is for histograms: `_bucket`, `_count`, `_sum`.
 */
export function series<const L extends Labels>(
  metric: Metric<Metric["kind"], L>,
  matchers: Matchers<NoInfer<L>>,
  suffix: "" | "_bucket" | "_count" | "_sum" = "",
): PromQuery {
  const conditions = Object.entries(matchers).map(([label, match]) => condition(label, match));
  const expression = `${metric.name}${suffix}{${conditions.join(",")}}`;
  return { type: "promql", expression, metrics: [metric] };
}

function condition(label: string, match: unknown): string {
  if (typeof match === "string") return `${label}=${quote(match)}`;
  const given = match as LabelMatch | AnyPart;
  return "operator" in given
    ? `${label}${given.operator}${quote(given.text)}`
    : `${label}=${quote(given.name)}`;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** An expression from metrics, series, parts (as label values), other expressions and numbers. */
export function promql(
  texts: TemplateStringsArray,
  ...values: readonly (Metric | PromQuery | AnyPart | string | number)[]
): PromQuery {
  const metrics: Metric[] = [];
  let expression = texts[0] ?? "";
  for (const [at, value] of values.entries()) {
    expression += `${textOf(value, metrics)}${texts[at + 1] ?? ""}`;
  }
  return { type: "promql", expression: expression.trim().replaceAll(/\s+/g, " "), metrics };
}

function textOf(value: Metric | PromQuery | AnyPart | string | number, metrics: Metric[]): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if ("expression" in value) {
    metrics.push(...value.metrics);
    return value.expression;
  }
  if ("help" in value) metrics.push(value);
  return value.name;
}
