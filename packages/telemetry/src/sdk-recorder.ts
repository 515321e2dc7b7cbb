/**
 * Records spans with the OpenTelemetry SDK. This module is imported only where an endpoint is
 * configured, because loading the SDK costs every program megabytes and tenths of a second.
 *
 * The SDK's objects stay in here: no global provider, context manager or propagator is set.
 *
 * @module
 */

import { describeError } from "@ashlar/foundation";
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind as SdkSpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { safeText } from "./safe-fields.ts";
import type { TraceContext } from "./trace-context.ts";
import type { RecordedSpan, SpanAttributes, SpanKind, SpanRecorder } from "./tracer.ts";

export interface SdkRecorderOptions {
  readonly processor: SpanProcessor;
  /** Share of the traces that begin here which are recorded, 0..1. Default 1. */
  readonly sampleRatio?: number;
}

const kinds: Readonly<Record<SpanKind, SdkSpanKind>> = {
  internal: SdkSpanKind.INTERNAL,
  server: SdkSpanKind.SERVER,
  client: SdkSpanKind.CLIENT,
  producer: SdkSpanKind.PRODUCER,
  consumer: SdkSpanKind.CONSUMER,
};

export function createSdkRecorder(options: SdkRecorderOptions): SpanRecorder {
  const { processor, sampleRatio = 1 } = options;
  const root = sampleRatio >= 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(sampleRatio);
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [processor],
    spanLimits: { attributeCountLimit: 64, attributeValueLengthLimit: 2_048, eventCountLimit: 32 },
  });
  const tracer = provider.getTracer("@ashlar/telemetry");
  return {
    start: (name, given, parent) =>
      new SdkRecordedSpan(
        tracer.startSpan(
          name,
          {
            kind: kinds[given.kind],
            attributes: definedOnly(given.attributes),
            ...(given.startWallMs === undefined ? {} : { startTime: given.startWallMs }),
          },
          parentContext(parent),
        ),
      ),
  };
}

function parentContext(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, sampled, traceState } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? 1 : 0,
    isRemote: true,
    ...(traceState === undefined ? {} : { traceState: createTraceState(traceState) }),
  });
}

class SdkRecordedSpan implements RecordedSpan {
  readonly #span: SdkSpan;
  readonly context: TraceContext;

  constructor(span: SdkSpan) {
    this.#span = span;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    const sampled = (traceFlags & 1) === 1;
    this.context =
      traceState === undefined
        ? { traceId, spanId, sampled }
        : { traceId, spanId, sampled, traceState: traceState.serialize() };
  }

  setName(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(definedOnly(attributes));
  }

  fail(error: unknown): void {
    const message = safeText(describeError(error)).slice(0, 500);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
    if (error instanceof Error) {
      const code = "code" in error ? String(error.code) : error.name;
      this.#span.setAttributes({ "error.type": code });
    }
  }

  end(): void {
    if (this.#span.isRecording()) this.#span.end();
  }
}

function definedOnly(attributes: SpanAttributes): Attributes {
  const defined: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) defined[name] = typeof value === "string" ? safeText(value) : value;
  }
  return defined;
}
