/**
 * What one replica did between two scrapes.
 *
 * Counters only grow while a process lives; after a restart they begin at nothing again.
 *
 * - CN8  A counter that fell counts from zero: a rate is never negative, whatever the restarts.
 *
 * @module
 */
import {
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  processCpuSecondsTotal,
  processEventLoopLagP99Seconds,
  processEventLoopLagSeconds,
  processHeapBytes,
  processResidentMemoryBytes,
  processStartTimeSeconds,
} from "@ashlar/foundation";
import type { Exposition, FamilyKind, Sample } from "./prometheus.ts";
import type { Bucket } from "./quantile.ts";

/** A metric of the part's own, summed over its labels. */
export interface CustomReading {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** A counter's growth since the last scrape; a gauge's value; unused for a histogram. */
  readonly value: number;
  /** Growth of a histogram's buckets. */
  readonly buckets: readonly Bucket[];
}

export interface ReplicaReading {
  /** Since the last scrape; zero on the first one, when nothing can be said of rates. */
  readonly elapsedMs: number;
  /** Requests since the last scrape by the first digit of their status: index 2 is 2xx. */
  readonly requests: readonly number[];
  /** False for a program that serves no HTTP, and so has no rate rather than a rate of zero. */
  readonly servesHttp: boolean;
  /** Requests by replica and route, for finding the busiest ones. */
  readonly routes: ReadonlyMap<string, number>;
  readonly latency: readonly Bucket[];
  readonly cpuSeconds: number | null;
  readonly memoryBytes: number | null;
  readonly heapBytes: number | null;
  readonly loopLagMs: number | null;
  readonly inFlight: number | null;
  readonly custom: ReadonlyMap<string, CustomReading>;
}

const latencyBucket = `${httpRequestDurationSeconds.name}_bucket`;

/** Metrics that every program has, which therefore are not its own. */
const commonPrefixes = ["process_", "nodejs_", "http_request", "scrape_"];
/** More of its own metrics than this are not kept. */
export const customMetricsMax = 64;

export class ReplicaMeter {
  #previous: ReadonlyMap<string, number> = new Map();
  #atMs: number | undefined;
  #startedAt: number | undefined;

  observe(exposition: Exposition, atMs: number): ReplicaReading {
    const current = new Map<string, number>();
    const restarted = this.#restarted(exposition);
    const previous = restarted ? new Map<string, number>() : this.#previous;
    const elapsedMs = this.#atMs === undefined ? 0 : Math.max(0, atMs - this.#atMs);
    /** Growth since the last scrape; nothing on the first, for its past is unknown. */
    const growth = (sample: Sample): number => {
      const id = sample.name + sample.key;
      current.set(id, sample.value);
      if (elapsedMs === 0) return 0;
      const before = previous.get(id) ?? 0;
      return sample.value < before ? sample.value : sample.value - before; // CN8
    };
    const reading = read(exposition, growth);
    this.#previous = current;
    this.#atMs = atMs;
    return { ...reading, elapsedMs };
  }

  #restarted(exposition: Exposition): boolean {
    const start = exposition.samples.find((each) => each.name === processStartTimeSeconds.name);
    const changed = this.#startedAt !== undefined && start?.value !== this.#startedAt;
    this.#startedAt = start?.value;
    return changed;
  }
}

/** Sums up one exposition; `growth` turns a counter into what it grew by. */
function read(
  exposition: Exposition,
  growth: (sample: Sample) => number,
): Omit<ReplicaReading, "elapsedMs"> {
  const requests = [0, 0, 0, 0, 0, 0];
  const routes = new Map<string, number>();
  const latency = new Map<number, number>();
  const gauges = new Map<string, number>();
  const custom = new Map<string, CustomSum>();
  let cpuSeconds: number | null = null;
  for (const sample of exposition.samples) {
    if (sample.name === httpRequestsTotal.name) {
      const grown = growth(sample);
      const statusClass = Number(sample.labels["status"]?.[0] ?? 0);
      if (statusClass in requests) requests[statusClass] = (requests[statusClass] ?? 0) + grown;
      const route = `${sample.labels["method"] ?? ""} ${sample.labels["route"] ?? ""}`.trim();
      routes.set(route, (routes.get(route) ?? 0) + grown);
    } else if (sample.name === latencyBucket) {
      const bound = boundOf(sample);
      latency.set(bound, (latency.get(bound) ?? 0) + growth(sample));
    } else if (sample.name === processCpuSecondsTotal.name) {
      cpuSeconds = (cpuSeconds ?? 0) + growth(sample);
    } else if (commonPrefixes.some((prefix) => sample.name.startsWith(prefix))) {
      gauges.set(sample.name, (gauges.get(sample.name) ?? 0) + sample.value);
    } else {
      addCustom({ custom, exposition, sample, growth });
    }
  }
  return {
    requests,
    servesHttp: exposition.kinds.has(httpRequestsTotal.name) || routes.size > 0,
    routes,
    latency: bucketsFrom(latency),
    cpuSeconds,
    memoryBytes: gauges.get(processResidentMemoryBytes.name) ?? null,
    heapBytes: gauges.get(processHeapBytes.name) ?? null,
    loopLagMs: loopLagOf(gauges),
    inFlight: gauges.get(httpRequestsInFlight.name) ?? null,
    custom: new Map([...custom].map(([name, sum]) => [name, finishCustom(sum)])),
  };
}

function loopLagOf(gauges: ReadonlyMap<string, number>): number | null {
  const seconds =
    gauges.get(processEventLoopLagP99Seconds.name) ?? gauges.get(processEventLoopLagSeconds.name);
  return seconds === undefined ? null : seconds * 1000;
}

interface CustomSum {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly buckets: Map<number, number>;
  value: number;
}

function addCustom(input: {
  readonly custom: Map<string, CustomSum>;
  readonly exposition: Exposition;
  readonly sample: Sample;
  readonly growth: (sample: Sample) => number;
}): void {
  const { custom, exposition, sample, growth } = input;
  const family = familyOf(sample.name, exposition.kinds);
  const kind = family.kind;
  if (kind === "summary" || kind === "untyped") return;
  let sum = custom.get(family.name);
  if (sum === undefined) {
    if (custom.size >= customMetricsMax) return;
    sum = { kind, help: exposition.help.get(family.name) ?? "", buckets: new Map(), value: 0 };
    custom.set(family.name, sum);
  }
  if (kind === "gauge") sum.value += sample.value;
  else if (kind === "counter") sum.value += growth(sample);
  else if (sample.name.endsWith("_bucket")) {
    const bound = boundOf(sample);
    sum.buckets.set(bound, (sum.buckets.get(bound) ?? 0) + growth(sample));
  }
}

function finishCustom(sum: CustomSum): CustomReading {
  const { kind, help, value } = sum;
  return { kind, help, value, buckets: bucketsFrom(sum.buckets) };
}

function familyOf(
  name: string,
  kinds: ReadonlyMap<string, FamilyKind>,
): { readonly name: string; readonly kind: FamilyKind } {
  const own = kinds.get(name);
  if (own !== undefined) return { name, kind: own };
  const stem = name.replace(/_(?:bucket|sum|count)$/, "");
  const kind = kinds.get(stem);
  return kind === undefined ? { name, kind: "untyped" } : { name: stem, kind };
}

function boundOf(sample: Sample): number {
  const le = sample.labels["le"] ?? "";
  return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
}

function bucketsFrom(counts: ReadonlyMap<number, number>): Bucket[] {
  return [...counts].map(([bound, count]) => ({ bound, count }));
}
