/**
 * The metrics that every Node program of a system exports under the same names.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge } from "@ashlar/foundation";

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

/** Mean delay of the event loop since the last scrape: how long work waits before it begins. */
export const processEventLoopLagSeconds: Gauge<NoLabels> = gauge("process_event_loop_lag_seconds", {
  help: "Mean delay of the event loop since the last scrape.",
});

/** When the process started, in seconds since the Unix epoch. */
export const processStartTimeSeconds: Gauge<NoLabels> = gauge("process_start_time_seconds", {
  help: "Start of the process since the Unix epoch.",
});

export const processMetrics: readonly [
  Counter<NoLabels>,
  Gauge<NoLabels>,
  Gauge<NoLabels>,
  Gauge<NoLabels>,
  Gauge<NoLabels>,
] = [
  processCpuSecondsTotal,
  processResidentMemoryBytes,
  processHeapBytes,
  processEventLoopLagSeconds,
  processStartTimeSeconds,
];
