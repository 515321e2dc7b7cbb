/**
 * The history of one part (all its replicas together), or of one replica: fifteen minutes of the
 * figures that every program has, and of the metrics that are its own.
 *
 * @module
 */
import { type Bucket, quantileOf } from "./quantile.ts";
import { type CustomReading, customMetricsMax, type ReplicaReading } from "./replica-meter.ts";
import { SeriesSet } from "./series.ts";

/** What is kept of every part, in the order in which it is documented. */
export const partFields = [
  "requestsPerSecond",
  "ok",
  "redirected",
  "refused",
  "failed",
  "p50Ms",
  "p95Ms",
  "p99Ms",
  "errorRatio",
  "memoryBytes",
  "heapBytes",
  "cpu",
  "loopLagMs",
  "inFlight",
] as const;

export type PartField = (typeof partFields)[number];

/** A moment every two seconds, for fifteen minutes. */
export const scrapeIntervalMs = 2_000;
export const historyPoints: number = (15 * 60_000) / scrapeIntervalMs;

export interface CustomHistory {
  readonly kind: CustomReading["kind"];
  readonly help: string;
  readonly series: SeriesSet<"value">;
}

export class PartMeter {
  readonly series: SeriesSet<PartField> = new SeriesSet(partFields, historyPoints);
  readonly custom: Map<string, CustomHistory> = new Map();
  #routes: ReadonlyMap<string, number> = new Map();

  /** Requests a second by method and route pattern, at the last moment. */
  get routes(): ReadonlyMap<string, number> {
    return this.#routes;
  }

  /**
   * Adds one moment from what its replicas did; an empty list records that nothing was measured.
   */
  observe(readings: readonly ReplicaReading[], atMs: number): void {
    const timed = readings.filter((each) => each.elapsedMs > 0);
    const served = timed.filter((each) => each.servesHttp);
    this.series.push(atMs, { ...ratesOf(served), ...levelsOf(readings, timed) });
    this.#routes = routeRates(timed);
    this.#observeCustom(readings, atMs);
  }

  #observeCustom(readings: readonly ReplicaReading[], atMs: number): void {
    const names = new Set(readings.flatMap((each) => [...each.custom.keys()]));
    for (const name of names) {
      const parts = readings.flatMap((each) => {
        const reading = each.custom.get(name);
        return reading === undefined ? [] : [{ reading, elapsedMs: each.elapsedMs }];
      });
      const first = parts[0]?.reading;
      if (first === undefined) continue;
      let history = this.custom.get(name);
      if (history === undefined) {
        if (this.custom.size >= customMetricsMax) continue;
        history = {
          kind: first.kind,
          help: first.help,
          series: new SeriesSet(["value"], historyPoints),
        };
        this.custom.set(name, history);
      }
      history.series.push(atMs, { value: customValue(first.kind, parts) });
    }
  }
}

function ratesOf(timed: readonly ReplicaReading[]): Partial<Record<PartField, number | null>> {
  if (timed.length === 0) return {};
  const byClass = [0, 1, 2, 3, 4, 5].map((statusClass) =>
    sum(timed, (each) => perSecond(each.requests[statusClass] ?? 0, each.elapsedMs)),
  );
  const total = byClass.reduce((all, each) => all + each, 0);
  const latency = mergeBuckets(timed.map((each) => each.latency));
  const at = (quantile: number): number | null => {
    const seconds = quantileOf(latency, quantile);
    return seconds === null ? null : seconds * 1000;
  };
  return {
    requestsPerSecond: total,
    ok: byClass[2] ?? 0,
    redirected: (byClass[1] ?? 0) + (byClass[3] ?? 0),
    refused: byClass[4] ?? 0,
    failed: byClass[5] ?? 0,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    errorRatio: total > 0 ? (byClass[5] ?? 0) / total : null,
  };
}

function levelsOf(
  readings: readonly ReplicaReading[],
  timed: readonly ReplicaReading[],
): Partial<Record<PartField, number | null>> {
  return {
    memoryBytes: sumKnown(readings.map((each) => each.memoryBytes)),
    heapBytes: sumKnown(readings.map((each) => each.heapBytes)),
    inFlight: sumKnown(readings.map((each) => each.inFlight)),
    loopLagMs: maxKnown(readings.map((each) => each.loopLagMs)),
    cpu: sumKnown(
      timed.map((each) =>
        each.cpuSeconds === null ? null : perSecond(each.cpuSeconds, each.elapsedMs),
      ),
    ),
  };
}

function routeRates(timed: readonly ReplicaReading[]): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const each of timed) {
    for (const [route, count] of each.routes) {
      rates.set(route, (rates.get(route) ?? 0) + perSecond(count, each.elapsedMs));
    }
  }
  return rates;
}

function customValue(
  kind: CustomReading["kind"],
  parts: readonly { readonly reading: CustomReading; readonly elapsedMs: number }[],
): number | null {
  if (kind === "gauge") return sum(parts, (each) => each.reading.value);
  const timed = parts.filter((each) => each.elapsedMs > 0);
  if (timed.length === 0) return null;
  if (kind === "counter") {
    return sum(timed, (each) => perSecond(each.reading.value, each.elapsedMs));
  }
  return quantileOf(mergeBuckets(timed.map((each) => each.reading.buckets)), 0.95);
}

/** Replicas of one part share their buckets' bounds, so cumulative counts may be added. */
function mergeBuckets(all: readonly (readonly Bucket[])[]): Bucket[] {
  const counts = new Map<number, number>();
  for (const buckets of all) {
    for (const { bound, count } of buckets) counts.set(bound, (counts.get(bound) ?? 0) + count);
  }
  return [...counts].map(([bound, count]) => ({ bound, count }));
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs > 0 ? (count * 1000) / elapsedMs : 0;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((each) => each !== null);
  return known.length === 0 ? null : known.reduce((total, each) => total + each, 0);
}

function maxKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((each) => each !== null);
  return known.length === 0 ? null : Math.max(...known);
}
