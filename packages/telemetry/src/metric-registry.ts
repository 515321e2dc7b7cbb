/**
 * The metrics of a program, made from their declarations and kept by prom-client.
 *
 * - TEL8  A label takes its declared values; an undeclared one, or one beyond the declared number,
 *        is counted as `other`. So the number of series is bounded, whatever the callers send.
 * - TEL9  One declaration gives one metric however often it is asked for; a different declaration
 *         of the same name is refused at once.
 * - TEL10 Measuring never throws: a value that is not a finite number, or would lower a counter, is
 *        ignored.
 *
 * @module
 */
import type { Counter, Gauge, Histogram, Labels, Metric } from "@ashlar/foundation";
import * as prometheus from "prom-client";
import { MetricConflictError } from "./errors.ts";

/** A value for each label of a declaration; where values are listed, one of those. */
export type LabelsOf<L extends Labels> = {
  readonly [Name in keyof L]: L[Name] extends readonly (infer Value extends string)[]
    ? Value
    : string;
};

/** The labels may be left out where none is declared. */
type LabelsThen<L extends Labels, Rest extends readonly unknown[]> =
  Record<never, never> extends LabelsOf<L>
    ? [labels?: LabelsOf<L>, ...Rest]
    : [labels: LabelsOf<L>, ...Rest];

export interface CounterMeter<L extends Labels> {
  /** Adds `count`, by default 1. */
  add(...args: LabelsThen<L, [count?: number]>): void;
}

export interface GaugeMeter<L extends Labels> {
  set(labels: LabelsOf<L>, value: number): void;
  /** Moves the value by `change`, which may be negative. */
  add(labels: LabelsOf<L>, change: number): void;
}

export interface HistogramMeter<L extends Labels> {
  /** `value` in the metric's base unit: seconds, bytes. */
  observe(labels: LabelsOf<L>, value: number): void;
}

/** Called before the metrics are read, to set gauges that nobody sets in between. */
export type Collector = () => void | Promise<void>;

export interface MetricRegistry {
  counter<L extends Labels>(declaration: Counter<L>): CounterMeter<L>;
  gauge<L extends Labels>(declaration: Gauge<L>): GaugeMeter<L>;
  histogram<L extends Labels>(declaration: Histogram<L>): HistogramMeter<L>;
  /** Runs `collect` before each {@link expose}. One that fails is skipped. */
  onExpose(collect: Collector): Disposable;
  /** Prometheus text, version 0.0.4. */
  expose(): Promise<string>;
}

/** What an answer of {@link MetricRegistry.expose} is, for the response's header. */
export const expositionContentType = "text/plain; version=0.0.4; charset=utf-8";

export function createMetricRegistry(
  constantLabels: Readonly<Record<string, string>>,
): MetricRegistry {
  const registry = new prometheus.Registry();
  registry.setDefaultLabels({ ...constantLabels });
  const known = new Map<string, Known>();
  const collectors = new Set<Collector>();
  const find = <M>(declaration: Metric, make: (known: LabelBounds) => M): M => {
    const found = known.get(declaration.name);
    if (found !== undefined) {
      if (!isSame(found.declaration, declaration)) throw new MetricConflictError(declaration.name);
      return found.meter as M;
    }
    const meter = make(new LabelBounds(declaration.labels));
    known.set(declaration.name, { declaration, meter });
    return meter;
  };
  return {
    counter: (declaration) =>
      find(declaration, (bounds) => counterOf(registry, declaration, bounds)),
    gauge: (declaration) => find(declaration, (bounds) => gaugeOf(registry, declaration, bounds)),
    histogram: (declaration) =>
      find(declaration, (bounds) => histogramOf(registry, declaration, bounds)),
    onExpose: (collect) => {
      collectors.add(collect);
      return { [Symbol.dispose]: () => void collectors.delete(collect) };
    },
    expose: async () => {
      await Promise.allSettled([...collectors].map(async (collect) => collect()));
      return registry.metrics();
    },
  };
}

interface Known {
  readonly declaration: Metric;
  readonly meter: unknown;
}

function isSame(a: Metric, b: Metric): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function settingsOf(registry: prometheus.Registry, declaration: Metric) {
  const { name, help, labels } = declaration;
  return { name, help, labelNames: Object.keys(labels), registers: [registry] };
}

function counterOf<L extends Labels>(
  registry: prometheus.Registry,
  declaration: Counter<L>,
  bounds: LabelBounds,
): CounterMeter<L> {
  const made = new prometheus.Counter(settingsOf(registry, declaration));
  for (const labels of bounds.listed()) made.inc(labels, 0);
  return {
    add: (labels: LabelsOf<L> | undefined, count: number = 1) => {
      if (count >= 0 && Number.isFinite(count)) made.inc(bounds.apply(labels), count);
    },
  } as CounterMeter<L>;
}

function gaugeOf<L extends Labels>(
  registry: prometheus.Registry,
  declaration: Gauge<L>,
  bounds: LabelBounds,
): GaugeMeter<L> {
  const made = new prometheus.Gauge(settingsOf(registry, declaration));
  return {
    set: (labels, value) => {
      if (Number.isFinite(value)) made.set(bounds.apply(labels), value);
    },
    add: (labels, change) => {
      if (Number.isFinite(change)) made.inc(bounds.apply(labels), change);
    },
  };
}

function histogramOf<L extends Labels>(
  registry: prometheus.Registry,
  declaration: Histogram<L>,
  bounds: LabelBounds,
): HistogramMeter<L> {
  const made = new prometheus.Histogram({
    ...settingsOf(registry, declaration),
    buckets: [...(declaration.buckets ?? [])],
  });
  return {
    observe: (labels, value) => {
      if (Number.isFinite(value)) made.observe(bounds.apply(labels), value);
    },
  };
}

const other = "other";
/** Series that are shown as zero from the start, so that a first event is a visible rise. */
const listedSeriesMax = 64;

/** Keeps the values of a metric's labels within their declaration (TEL8). */
class LabelBounds {
  readonly #names: readonly string[];
  readonly #labels: Labels;
  /** Values met so far, for labels whose values are not listed. */
  readonly #seen: ReadonlyMap<string, Set<string>>;

  constructor(labels: Labels) {
    this.#labels = labels;
    this.#names = Object.keys(labels);
    this.#seen = new Map(this.#names.map((name) => [name, new Set()]));
  }

  /** Every combination of listed values; none where a label's values are not listed or too many. */
  listed(): readonly Record<string, string>[] {
    let combinations: Record<string, string>[] = [{}];
    for (const name of this.#names) {
      const values = this.#labels[name];
      if (values === undefined || !isListed(values)) return [];
      combinations = combinations.flatMap((each) =>
        values.map((value) => ({ ...each, [name]: value })),
      );
      if (combinations.length > listedSeriesMax) return [];
    }
    return combinations;
  }

  apply(given: object | undefined): Record<string, string> {
    const bounded: Record<string, string> = {};
    for (const name of this.#names) {
      bounded[name] = this.#bound(name, (given as Record<string, unknown> | undefined)?.[name]);
    }
    return bounded;
  }

  #bound(name: string, value: unknown): string {
    const values = this.#labels[name];
    if (typeof value !== "string" || values === undefined) return other;
    if (isListed(values)) return values.includes(value) ? value : other;
    const seen = this.#seen.get(name);
    if (seen === undefined || seen.has(value)) return value;
    if (seen.size >= values.maxValues) return other;
    seen.add(value);
    return value;
  }
}

function isListed(values: Labels[string]): values is readonly string[] {
  return Array.isArray(values);
}
