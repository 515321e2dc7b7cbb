/**
 * Measures the program itself: CPU, memory, event loop, collections, handles.
 *
 * Nothing runs between scrapes but the loop-delay histogram and the collector's notices, both kept
 * by Node natively.
 *
 * @module
 */
import { monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import {
  type Clock,
  processCpuSecondsTotal,
  processEventLoopLagP50Seconds,
  processEventLoopLagP99Seconds,
  processEventLoopLagSeconds,
  processGcSeconds,
  processHeapBytes,
  processOpenHandles,
  processResidentMemoryBytes,
  processStartTimeSeconds,
} from "@ashlar/foundation";
import type { MetricRegistry } from "./metric-registry.ts";

const resolutionMs = 20;
/** The least time that a reading of the loop's delay covers. */
const windowMs = 5_000;
const nanosecondsPerSecond = 1e9;

/** Adds the process metrics to `metrics` until disposed. */
export function collectProcess(metrics: MetricRegistry, clock: Clock): Disposable {
  const resources = new DisposableStack();
  resources.use(collectUsage(metrics, clock));
  resources.use(collectLoopDelay(metrics, clock));
  resources.use(observeCollections(metrics));
  return resources;
}

function collectUsage(metrics: MetricRegistry, clock: Clock): Disposable {
  const cpu = metrics.counter(processCpuSecondsTotal);
  const resident = metrics.gauge(processResidentMemoryBytes);
  const heap = metrics.gauge(processHeapBytes);
  const handles = metrics.gauge(processOpenHandles);
  const startedSeconds = clock.wallMs() / 1000 - process.uptime();
  metrics.gauge(processStartTimeSeconds).set({}, startedSeconds);
  let counted = 0;
  return metrics.onExpose(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.add({}, seconds - counted);
    counted = seconds;
    const memory = process.memoryUsage();
    resident.set({}, memory.rss);
    heap.set({}, memory.heapUsed);
    handles.set({}, process.getActiveResourcesInfo().length);
  });
}

function collectLoopDelay(metrics: MetricRegistry, clock: Clock): Disposable {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const mean = metrics.gauge(processEventLoopLagSeconds);
  const p50 = metrics.gauge(processEventLoopLagP50Seconds);
  const p99 = metrics.gauge(processEventLoopLagP99Seconds);
  let sinceMs = clock.monotonicMs();
  // The histogram holds the timer's own period too; what exceeds it is the lag.
  const lag = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1000);
  const registration = metrics.onExpose(() => {
    if (delay.count === 0) return;
    mean.set({}, lag(delay.mean));
    p50.set({}, lag(delay.percentile(50)));
    p99.set({}, lag(delay.percentile(99)));
    if (clock.monotonicMs() - sinceMs < windowMs) return;
    delay.reset();
    sinceMs = clock.monotonicMs();
  });
  return {
    [Symbol.dispose]: () => {
      delay.disable();
      registration[Symbol.dispose]();
    },
  };
}

const collectionKinds = {
  1: "minor",
  2: "minor",
  4: "major",
  8: "incremental",
  16: "weak",
} as const;

function observeCollections(metrics: MetricRegistry): Disposable {
  const pauses = metrics.histogram(processGcSeconds);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      pauses.observe({ kind: kindOf(entry) }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return { [Symbol.dispose]: () => observer.disconnect() };
}

function kindOf(entry: PerformanceEntry): (typeof collectionKinds)[keyof typeof collectionKinds] {
  const detail = (entry as { readonly detail?: { readonly kind?: number } }).detail;
  return collectionKinds[(detail?.kind ?? 1) as keyof typeof collectionKinds] ?? "minor";
}
