/**
 * Spans in the JSON form of OTLP, and their delivery to a collector.
 *
 * The stock exporter does the same and more (metrics, logs, protobuf); loading it costs each
 * program memory and start-up time that this file does not. See docs/adr/0032-opentelemetry.md.
 *
 * Source: OpenTelemetry protocol 1.7, sections "JSON Protobuf Encoding" and "OTLP/HTTP".
 *
 * @module
 */
import { request as requestHttps } from "node:https";
import type { HrTime } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { SpanExportError } from "./errors.ts";
import { nodeHttp } from "./node-http.ts";

export type ResourceAttributes = Readonly<Record<string, string | number>>;

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The body of a request to `/v1/traces`. */
export function otlpTraces(resource: ResourceAttributes, spans: readonly ReadableSpan[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: "@ashlar/telemetry" }, spans: spans.map(otlpSpan) }],
      },
    ],
  });
}

function otlpSpan(span: ReadableSpan): object {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return {
    traceId,
    spanId,
    ...(traceState === undefined ? {} : { traceState: traceState.serialize() }),
    ...(span.parentSpanContext === undefined
      ? {}
      : { parentSpanId: span.parentSpanContext.spanId }),
    flags: traceFlags,
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeUnixNano: nanoseconds(event.time),
      name: event.name,
      attributes: keyValues(event.attributes ?? {}),
    })),
    status: {
      code: span.status.code,
      ...(span.status.message === undefined ? {} : { message: span.status.message }),
    },
  };
}

function nanoseconds([seconds, nanos]: HrTime): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(nanos)).toString();
}

function keyValues(attributes: Readonly<Record<string, unknown>>): readonly KeyValue[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    // A 64-bit integer is text in JSON, for numbers there lose digits.
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return Array.isArray(value)
    ? { arrayValue: { values: value.map(anyValue) } }
    : { stringValue: String(value) };
}

/** Delivers one body. Rejects with {@link SpanExportError}. */
export type SpanTransport = (body: string, signal: AbortSignal) => Promise<void>;

/** Posts to `<endpoint>/v1/traces` on one kept-alive connection at a time. */
export function httpSpanTransport(endpoint: string): SpanTransport {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  const send = url.protocol === "https:" ? requestHttps : nodeHttp.request;
  return (body, signal) =>
    new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(new SpanExportError(reason, { cause }));
      const outgoing = send(
        url,
        {
          method: "POST",
          signal,
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          },
        },
        (response) => {
          response.resume();
          response.once("error", (error) => fail(error.message, error));
          response.once("end", () => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve();
            else fail(`status ${status}`);
          });
        },
      );
      outgoing.once("error", (error) => fail(error.message, error));
      outgoing.end(body);
    });
}
