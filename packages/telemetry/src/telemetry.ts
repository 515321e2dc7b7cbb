/**
 * Opens what a program says about itself: log, metrics, traces, health.
 *
 * Opening is synchronous and cheap; where spans are collected the recorder is loaded in the
 * background, and {@link Telemetry.tracing} settles when it records.
 *
 * @module
 */
import {
  describeError,
  type Environment,
  type LogFields,
  telemetryDroppedTotal,
} from "@ashlar/foundation";
import { createHealth, type Health } from "./health.ts";
import { jsonLog, type LogLevel, type ProgramLog } from "./json-log.ts";
import { LineWriter } from "./line-writer.ts";
import { createMetricRegistry, type MetricRegistry } from "./metric-registry.ts";
import { collectProcess } from "./process-collector.ts";
import type { SpanQueue } from "./span-queue.ts";
import { createTracer, type SpanRecorder, type Tracer } from "./tracer.ts";

export interface TelemetryOptions {
  /** Name of the part, on every log line and every series. */
  readonly part: string;
  /** Name of the process, for example `users-0`. */
  readonly instance: string;
  readonly system: string;
  readonly environment: Environment;
  /** Base address of an OTLP/HTTP receiver; absent: spans are not recorded. */
  readonly otlpEndpoint?: string;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
  /** Takes log lines in place of standard output. */
  readonly write?: (line: string) => void;
  /** Share of the traces begun here that are recorded, 0..1. Default 1. */
  readonly sampleRatio?: number;
  /** Further fields of every log line, read when it is written: a correlation id. */
  readonly logContext?: () => LogFields;
}

export interface Telemetry extends AsyncDisposable {
  readonly log: ProgramLog;
  readonly metrics: MetricRegistry;
  readonly tracer: Tracer;
  readonly health: Health;
  /** Settles when spans are recorded, or at once where they are not to be. Never rejects. */
  readonly tracing: Promise<void>;
  /** Hands over every line and span that waits, within a bounded time. Never rejects. */
  flush(): Promise<void>;
}

const noFields: LogFields = {};
const flushTimeoutMs = 1_000;

export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, entropy } = options.environment;
  const metrics = createMetricRegistry({ part: options.part });
  const dropped = metrics.counter(telemetryDroppedTotal);
  const writer =
    options.write === undefined
      ? new LineWriter({
          fd: 1,
          clock,
          onDrop: (lines, reason) => dropped.add({ signal: "log", reason }, lines),
        })
      : undefined;
  let recorder: SpanRecorder | undefined;
  let queue: SpanQueue | undefined;
  const tracer = createTracer({ entropy, recorder: () => recorder });
  const log = jsonLog({
    part: options.part,
    instance: options.instance,
    level: options.logLevel ?? "info",
    clock,
    write: options.write ?? ((line) => writer?.write(line)),
    context: () => ({ ...(options.logContext?.() ?? noFields), ...traceFields(tracer) }),
    onCut: () => dropped.add({ signal: "log", reason: "too_long" }),
  });
  const ownProcess = collectProcess(metrics, clock);
  const tracing = (async () => {
    if (options.otlpEndpoint === undefined) return;
    try {
      const opened = await openRecorder(options, { log, metrics }, options.otlpEndpoint);
      ({ recorder, queue } = opened);
    } catch (error) {
      log.warn("traces are not recorded", { reason: describeError(error) });
    }
  })();
  const flush = async (): Promise<void> => {
    const limit = new AbortController();
    const done = new AbortController();
    clock.sleep(flushTimeoutMs, done.signal).then(
      () => limit.abort(),
      () => undefined,
    );
    await writer?.flush(limit.signal);
    done.abort();
  };
  return {
    log,
    metrics,
    tracer,
    health: createHealth(clock),
    tracing,
    flush,
    [Symbol.asyncDispose]: async () => {
      await tracing;
      await queue?.shutdown();
      ownProcess[Symbol.dispose]();
      await flush();
    },
  };
}

function traceFields(tracer: Tracer): LogFields {
  const current = tracer.current();
  return current === undefined ? noFields : { traceId: current.traceId, spanId: current.spanId };
}

interface Recording {
  readonly recorder: SpanRecorder;
  readonly queue: SpanQueue;
}

/** Loads the SDK: see the comment of `sdk-recorder.ts` for why only now. */
async function openRecorder(
  options: TelemetryOptions,
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
  endpoint: string,
): Promise<Recording> {
  const [{ createSdkRecorder }, { SpanQueue }, { httpSpanTransport }] = await Promise.all([
    import("./sdk-recorder.ts"),
    import("./span-queue.ts"),
    import("./otlp.ts"),
  ]);
  const dropped = metrics.counter(telemetryDroppedTotal);
  const queue = new SpanQueue({
    clock: options.environment.clock,
    log,
    resource: {
      "service.name": options.part,
      "service.namespace": options.system,
      "service.instance.id": options.instance,
    },
    transport: httpSpanTransport(endpoint),
    onDrop: (spans, reason) => dropped.add({ signal: "span", reason }, spans),
  });
  const { sampleRatio } = options;
  const recorder = createSdkRecorder({
    processor: queue,
    ...(sampleRatio === undefined ? {} : { sampleRatio }),
  });
  return { recorder, queue };
}
