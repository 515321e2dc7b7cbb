/**
 * One finished piece of work of one service, as the console keeps and shows it.
 *
 * @module
 */

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type SpanStatus = "unset" | "ok" | "error";
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEvent {
  readonly timeMs: number;
  readonly name: string;
  readonly attributes: Attributes;
}

export interface Span {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** Null for the first span of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly service: string;
  readonly instance: string;
  /** Unix milliseconds, to the microsecond. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly status: SpanStatus;
  readonly statusText: string;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
}

/** A span's attributes and texts are cut to these, whatever was sent. */
export const attributesMax = 64;
export const textMax = 2_000;
export const spanEventsMax = 32;

/** What a span costs in memory, roughly: V8 strings and objects. */
export function spanBytes(span: Span): number {
  return 300 + span.name.length + attributeBytes(span.attributes) + eventBytes(span.events);
}

function eventBytes(events: readonly SpanEvent[]): number {
  return events.reduce((sum, each) => sum + 80 + attributeBytes(each.attributes), 0);
}

function attributeBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(attributes)) {
    bytes += 48 + key.length + (typeof value === "string" ? value.length : 8);
  }
  return bytes;
}
