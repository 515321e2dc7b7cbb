/**
 * Traces: a small front for OpenTelemetry, which is loaded only where somebody collects spans.
 *
 * The tracer owns the asynchronous context: who runs inside {@link OpenSpan.run} is inside that
 * span. Without a recorder spans cost next to nothing, and trace ids still travel.
 *
 * - TEL13 A caller's trace is continued whether or not anything is recorded here: what is injected
 *        into an outgoing call belongs to the trace that was extracted from the incoming one.
 * - TEL14 Sampling follows the parent; a trace that begins here is recorded by the configured
 *         ratio, by default always.
 * - TEL15 Tracing never changes what the traced code returns or throws.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Entropy } from "@ashlar/foundation";
import {
  extractTrace,
  type HeaderSource,
  injectTrace,
  type TraceContext,
} from "./trace-context.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Default: the span in which the code runs. `null` begins a new trace. */
  readonly parent?: TraceContext | null;
  /** When it began, where that was before now: milliseconds since the Unix epoch. */
  readonly startWallMs?: number;
}

export interface Span {
  readonly context: TraceContext;
  setName(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the span as failed. */
  fail(error: unknown): void;
}

/** A span that its opener must end; ending twice does nothing. */
export interface OpenSpan extends Span {
  /** Runs `work` inside the span: its logs, spans and calls belong to it. */
  run<Result>(work: () => Result): Result;
  end(): void;
}

export interface Tracer {
  /** Runs `work` in a span that ends when it settles; a failure is recorded and passed on. */
  span<Result>(name: string, options: SpanOptions, work: (span: Span) => Result): Result;
  /** Opens a span that does not end with a function: a request, a subscription. */
  start(name: string, options?: SpanOptions): OpenSpan;
  /** The trace in which the calling code runs. */
  current(): TraceContext | undefined;
  /** Sets `traceparent` (and `tracestate`) of the current span, or of `context`. */
  inject(headers: Record<string, string>, context?: TraceContext): void;
  /** What the caller's headers say; undefined without a valid `traceparent`. */
  extract(headers: HeaderSource): TraceContext | undefined;
}

/**
 * What records spans. The OpenTelemetry SDK in programs, nothing where no endpoint is configured.
 */
export interface SpanRecorder {
  start(
    name: string,
    options: {
      readonly kind: SpanKind;
      readonly attributes: SpanAttributes;
      readonly startWallMs: number | undefined;
    },
    parent: TraceContext | undefined,
  ): RecordedSpan;
}

export interface RecordedSpan extends Span {
  end(): void;
}

export interface TracerOptions {
  readonly entropy: Entropy;
  /** Asked at each span, for the recorder comes later than the first spans. */
  readonly recorder: () => SpanRecorder | undefined;
}

export function createTracer(options: TracerOptions): Tracer {
  const active = new AsyncLocalStorage<TraceContext>();
  const ids = new TraceIds(options.entropy);

  const record = (name: string, given: SpanOptions): RecordedSpan => {
    const parent = given.parent === null ? undefined : (given.parent ?? active.getStore());
    const recorder = options.recorder();
    if (recorder === undefined) return new PassedSpan(parent ?? ids.newTrace());
    const { kind = "internal", attributes = {}, startWallMs } = given;
    return recorder.start(name, { kind, attributes, startWallMs }, parent);
  };
  const start = (name: string, given: SpanOptions = {}): OpenSpan => {
    const recorded = record(name, given);
    return {
      context: recorded.context,
      setName: (changed) => recorded.setName(changed),
      set: (attributes) => recorded.set(attributes),
      fail: (error) => recorded.fail(error),
      run: (work) => active.run(recorded.context, work),
      end: () => recorded.end(),
    };
  };
  return {
    start,
    span: (name, given, work) => settle(start(name, given), work),
    current: () => active.getStore(),
    inject: (headers, context = active.getStore()) => {
      if (context !== undefined) injectTrace(context, headers);
    },
    extract: extractTrace,
  };
}

/** Runs `work` and ends the span with it, now or when its promise settles (TEL15). */
function settle<Result>(span: OpenSpan, work: (span: Span) => Result): Result {
  const failed = (error: unknown): never => {
    span.fail(error);
    span.end();
    throw error;
  };
  let result: Result;
  try {
    result = span.run(() => work(span));
  } catch (error) {
    return failed(error);
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  const settled = result.then((value: unknown) => {
    span.end();
    return value;
  }, failed);
  return settled as Result;
}

/** Stands where nothing is recorded: it only carries the trace on (TEL13). */
class PassedSpan implements RecordedSpan {
  readonly context: TraceContext;

  constructor(context: TraceContext) {
    this.context = context;
  }

  setName(): void {}
  set(): void {}
  fail(): void {}
  end(): void {}
}

/** Ids out of randomness that is drawn in blocks, for a draw for each request is dear. */
class TraceIds {
  readonly #entropy: Entropy;
  #hex = "";
  #at = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** The start of a trace that nobody records: its ids join the logs of one request. */
  newTrace(): TraceContext {
    return { traceId: this.#next(32), spanId: this.#next(16), sampled: false };
  }

  #next(digits: number): string {
    if (this.#at + digits > this.#hex.length) {
      this.#hex = Buffer.from(this.#entropy.bytes(1_024)).toString("hex");
      this.#at = 0;
    }
    const id = this.#hex.slice(this.#at, this.#at + digits);
    this.#at += digits;
    return /[^0]/.test(id) ? id : this.#next(digits);
  }
}
