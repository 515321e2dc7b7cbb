/**
 * The metrics that every program of a system exports about itself under the same names. `telemetry`
 * measures them; a system definition, an alert or a dashboard refers to these values.
 *
 * Figures "since the last scrape" cover at least five seconds, so that two scrapers do not rob
 * each other.
 *
 * @module
 */
import {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  type Metric,
} from "./metric.ts";

type NoLabels = Record<never, never>;

/** CPU time of the process, all threads. */
export const processCpuSecondsTotal: Counter<NoLabels> = counter("process_cpu_seconds_total", {
  help: "CPU time spent by the process.",
});

export const processResidentMemoryBytes: Gauge<NoLabels> = gauge("process_resident_memory_bytes", {
  help: "Memory of the process that is held in RAM.",
});

export const processHeapBytes: Gauge<NoLabels> = gauge("process_heap_bytes", {
  help: "JavaScript heap in use.",
});

/** How long work waits before it begins, on average. */
export const processEventLoopLagSeconds: Gauge<NoLabels> = gauge("process_event_loop_lag_seconds", {
  help: "Mean delay of the event loop since the last scrape.",
});

export const processEventLoopLagP50Seconds: Gauge<NoLabels> = gauge(
  "process_event_loop_lag_p50_seconds",
  { help: "Median delay of the event loop since the last scrape." },
);

export const processEventLoopLagP99Seconds: Gauge<NoLabels> = gauge(
  "process_event_loop_lag_p99_seconds",
  { help: "Delay of the event loop that one turn in a hundred exceeds, since the last scrape." },
);

/** Sockets, timers, files and the like that keep the process alive. A steady rise is a leak. */
export const processOpenHandles: Gauge<NoLabels> = gauge("process_open_handles", {
  help: "Resources that keep the event loop alive.",
});

const collectionLabels = { kind: ["minor", "major", "incremental", "weak"] } as const;

/** Pauses of the garbage collector; `minor` is the young generation's. */
export const processGcSeconds: Histogram<typeof collectionLabels> = histogram(
  "process_gc_seconds",
  {
    help: "Pauses for garbage collection.",
    labels: collectionLabels,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  },
);

/** When the process started, in seconds since the Unix epoch. */
export const processStartTimeSeconds: Gauge<NoLabels> = gauge("process_start_time_seconds", {
  help: "Start of the process since the Unix epoch.",
});

const dropLabels = {
  signal: ["log", "span"],
  reason: ["buffer_full", "write_failed", "too_long", "export_failed"],
} as const;

/** What telemetry gave up rather than slow the program down or fill its memory. */
export const telemetryDroppedTotal: Counter<typeof dropLabels> = counter(
  "telemetry_dropped_total",
  { help: "Log lines and spans that were dropped or cut.", labels: dropLabels },
);

/** All of the above, for a definition that lists what every program exports. */
export const processMetrics: readonly Metric[] = [
  processCpuSecondsTotal,
  processResidentMemoryBytes,
  processHeapBytes,
  processEventLoopLagSeconds,
  processEventLoopLagP50Seconds,
  processEventLoopLagP99Seconds,
  processOpenHandles,
  processGcSeconds,
  processStartTimeSeconds,
  telemetryDroppedTotal,
];
