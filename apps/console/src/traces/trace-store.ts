/**
 * The traces of the last minutes: spans of all services, joined by their trace.
 *
 * - CN13  Traces, spans, spans a trace, bytes and age have limits; when one is reached the trace
 *         that began to arrive first leaves whole.
 * - CN14  A span that arrives twice is kept once.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import { type Span, spanBytes } from "./span.ts";

export interface TraceLimits {
  readonly tracesMax: number;
  readonly spansMax: number;
  readonly spansPerTraceMax: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
}

export const defaultTraceLimits: TraceLimits = {
  tracesMax: 2_000,
  spansMax: 20_000,
  spansPerTraceMax: 1_000,
  bytesMax: 24 * 2 ** 20,
  ageMsMax: 15 * 60_000,
};

export interface TraceSummary {
  readonly traceId: string;
  /** The first span's name; of the earliest one while the first has not arrived. */
  readonly name: string;
  readonly service: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  /** HTTP status of the first span; null where it is not HTTP. */
  readonly httpStatus: number | null;
  /** Services in the order in which they took part, with how many spans each has. */
  readonly services: readonly {
    readonly name: string;
    readonly spans: number;
    readonly errors: number;
  }[];
}

export interface TraceQuery {
  readonly service?: string;
  /** Part of the first span's name or route, or the beginning of a trace id; any case. */
  readonly search?: string;
  readonly minDurationMs?: number;
  readonly errorsOnly?: boolean;
  readonly limit: number;
}

interface StoredTrace {
  readonly traceId: string;
  readonly arrivedMs: number;
  readonly spans: Map<string, Span>;
  bytes: number;
  /** Made when asked for, forgotten when a span arrives. */
  summary: TraceSummary | undefined;
}

export class TraceStore {
  readonly #limits: TraceLimits;
  readonly #clock: Clock;
  /** In the order of arrival: the first is the next to leave. */
  readonly #traces = new Map<string, StoredTrace>();
  #spans = 0;
  #bytes = 0;
  #received = 0;

  constructor(clock: Clock, limits: TraceLimits = defaultTraceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Traces and spans held, their bytes, and how many spans ever came. */
  get size(): { traces: number; spans: number; bytes: number; received: number } {
    return {
      traces: this.#traces.size,
      spans: this.#spans,
      bytes: this.#bytes,
      received: this.#received,
    };
  }

  add(spans: readonly Span[]): void {
    for (const span of spans) this.#add(span);
    this.#evict();
  }

  /** Newest first. */
  find(query: TraceQuery): TraceSummary[] {
    this.#evict();
    const found: TraceSummary[] = [];
    const newestFirst = [...this.#traces.values()].toReversed();
    for (const trace of newestFirst) {
      if (found.length >= query.limit) break;
      const summary = this.#summarize(trace);
      if (matches(summary, query)) found.push(summary);
    }
    return found.toSorted((a, b) => b.startMs - a.startMs);
  }

  /** All spans of a trace by start; undefined when it is not (or no longer) here. */
  trace(traceId: string): readonly Span[] | undefined {
    const trace = this.#traces.get(traceId.toLowerCase());
    if (trace === undefined) return undefined;
    return [...trace.spans.values()].toSorted((a, b) => a.startMs - b.startMs);
  }

  /** The traces that began to arrive in the last `windowMs`, for counting who calls whom. */
  *recent(windowMs: number): Generator<ReadonlyMap<string, Span>, void, void> {
    const sinceMs = this.#clock.monotonicMs() - windowMs;
    for (const trace of this.#traces.values()) if (trace.arrivedMs >= sinceMs) yield trace.spans;
  }

  clear(): void {
    this.#traces.clear();
    this.#spans = 0;
    this.#bytes = 0;
  }

  #add(span: Span): void {
    this.#received++;
    let trace = this.#traces.get(span.traceId);
    if (trace === undefined) {
      trace = {
        traceId: span.traceId,
        arrivedMs: this.#clock.monotonicMs(),
        spans: new Map(),
        bytes: 0,
        summary: undefined,
      };
      this.#traces.set(span.traceId, trace);
    }
    if (trace.spans.has(span.spanId)) return; // CN14: exporters send again after a time-out.
    if (trace.spans.size >= this.#limits.spansPerTraceMax) return;
    const bytes = spanBytes(span);
    trace.spans.set(span.spanId, span);
    trace.summary = undefined;
    trace.bytes += bytes;
    this.#spans++;
    this.#bytes += bytes;
  }

  #evict(): void {
    const oldestMs = this.#clock.monotonicMs() - this.#limits.ageMsMax;
    for (const trace of this.#traces.values()) {
      const over =
        this.#traces.size > this.#limits.tracesMax ||
        this.#spans > this.#limits.spansMax ||
        this.#bytes > this.#limits.bytesMax ||
        trace.arrivedMs < oldestMs;
      if (!over) return;
      this.#traces.delete(trace.traceId);
      this.#spans -= trace.spans.size;
      this.#bytes -= trace.bytes;
    }
  }

  #summarize(trace: StoredTrace): TraceSummary {
    trace.summary ??= summarize(trace.traceId, [...trace.spans.values()]);
    return trace.summary;
  }
}

function summarize(traceId: string, spans: readonly Span[]): TraceSummary {
  const sorted = spans.toSorted((a, b) => a.startMs - b.startMs);
  const first = sorted.find((each) => each.parentSpanId === null) ?? sorted[0];
  const startMs = sorted[0]?.startMs ?? 0;
  let endMs = startMs;
  const services = new Map<string, { name: string; spans: number; errors: number }>();
  for (const span of sorted) {
    endMs = Math.max(endMs, span.startMs + span.durationMs);
    const service = services.get(span.service) ?? { name: span.service, spans: 0, errors: 0 };
    service.spans++;
    if (span.status === "error") service.errors++;
    services.set(span.service, service);
  }
  return {
    traceId,
    name: first === undefined ? "" : nameOf(first),
    service: first?.service ?? "",
    startMs,
    durationMs: endMs - startMs,
    spans: spans.length,
    errors: spans.filter((each) => each.status === "error").length,
    httpStatus: first === undefined ? null : httpStatusOf(first),
    services: [...services.values()],
  };
}

/** `GET /api/orders/:id` rather than a bare `GET`, where the span knows its route. */
function nameOf(span: Span): string {
  const route = span.attributes["http.route"];
  const method = span.attributes["http.request.method"] ?? span.attributes["http.method"];
  if (typeof route !== "string" || typeof method !== "string") return span.name;
  return span.name.includes(route) ? span.name : `${method} ${route}`;
}

function httpStatusOf(span: Span): number | null {
  const { attributes } = span;
  const status = attributes["http.response.status_code"] ?? attributes["http.status_code"];
  return status === undefined || Number.isNaN(Number(status)) ? null : Number(status);
}

function matches(summary: TraceSummary, query: TraceQuery): boolean {
  if (query.errorsOnly === true && summary.errors === 0) return false;
  if (query.minDurationMs !== undefined && summary.durationMs < query.minDurationMs) return false;
  if (query.service !== undefined) {
    if (!summary.services.some((each) => each.name === query.service)) return false;
  }
  const search = query.search?.toLowerCase() ?? "";
  if (search === "") return true;
  return summary.name.toLowerCase().includes(search) || summary.traceId.startsWith(search);
}
