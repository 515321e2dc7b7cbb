/**
 * Turns an OTLP/HTTP trace export, JSON or protobuf, into spans of bounded size.
 *
 * - CN11  The two forms of one export give equal spans.
 * - CN12  Texts, attributes and events are cut to their limits; a span without valid ids or times
 *         is left out and counted, and does not spoil the others.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/
 * @module
 */
import { OtlpInvalidError } from "../errors.ts";
import { readProtobufExport } from "./otlp-protobuf.ts";
import {
  type Attributes,
  type AttributeValue,
  attributesMax,
  type Span,
  type SpanEvent,
  type SpanKind,
  type SpanStatus,
  spanEventsMax,
  textMax,
} from "./span.ts";

export type RawValue = AttributeValue;

/** A span as it stood in either form, before its limits are applied. */
export interface RawSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  kind?: number;
  startNs?: bigint;
  endNs?: bigint;
  statusCode?: number;
  statusText?: string;
  readonly resource: Readonly<Record<string, RawValue>>;
  readonly attributes: Record<string, RawValue>;
  readonly events: { timeNs: bigint; name: string; attributes: Record<string, RawValue> }[];
}

export interface DecodedExport {
  readonly spans: readonly Span[];
  /** Left out for want of ids or times. */
  readonly rejected: number;
}

/** @throws {OtlpInvalidError} when the body is neither form. */
export function decodeExport(body: Uint8Array, contentType: string): DecodedExport {
  const type = contentType.split(";")[0]?.trim().toLowerCase();
  let raw: readonly RawSpan[];
  if (type === "application/json") raw = readJsonExport(body);
  else if (type === "application/x-protobuf") raw = readProtobufExport(body);
  else throw new OtlpInvalidError("content-type must be application/json or x-protobuf");
  const spans = raw.map(spanFrom).filter((each) => each !== undefined);
  return { spans, rejected: raw.length - spans.length };
}

function spanFrom(raw: RawSpan): Span | undefined {
  const traceId = raw.traceId?.toLowerCase() ?? "";
  const spanId = raw.spanId?.toLowerCase() ?? "";
  if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) return undefined;
  if (raw.startNs === undefined || raw.endNs === undefined) return undefined;
  const parent = raw.parentSpanId?.toLowerCase() ?? "";
  const startMs = msFrom(raw.startNs);
  return {
    traceId,
    spanId,
    parentSpanId: /^(?!0{16})[0-9a-f]{16}$/.test(parent) ? parent : null,
    name: cut(raw.name ?? ""),
    kind: kinds[raw.kind ?? 0] ?? "internal",
    service: cut(String(raw.resource["service.name"] ?? "unknown")),
    instance: cut(String(raw.resource["service.instance.id"] ?? "")),
    startMs,
    durationMs: Math.max(0, Number(raw.endNs - raw.startNs) / 1e6),
    status: statuses[raw.statusCode ?? 0] ?? "unset",
    statusText: cut(raw.statusText ?? ""),
    attributes: bounded(raw.attributes),
    events: raw.events.slice(0, spanEventsMax).map(
      (event): SpanEvent => ({
        timeMs: msFrom(event.timeNs),
        name: cut(event.name),
        attributes: bounded(event.attributes),
      }),
    ),
  };
}

const kinds: readonly SpanKind[] = [
  "internal",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
];
const statuses: readonly SpanStatus[] = ["unset", "ok", "error"];

/** To the microsecond, which a double holds exactly for centuries to come. */
function msFrom(ns: bigint): number {
  return Number(ns / 1_000n) / 1_000;
}

function cut(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}…`;
}

function bounded(attributes: Readonly<Record<string, RawValue>>): Attributes {
  const entries = Object.entries(attributes).slice(0, attributesMax);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.slice(0, 200),
      typeof value === "string" ? cut(value) : value,
    ]),
  );
}

type Json = Readonly<Record<string, unknown>>;

function readJsonExport(body: Uint8Array): RawSpan[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new OtlpInvalidError(cause instanceof Error ? cause.message : "not JSON");
  }
  if (!isObject(parsed)) throw new OtlpInvalidError("the body is not an object");
  const spans: RawSpan[] = [];
  for (const resourceSpans of listAt(parsed, "resourceSpans")) {
    const resource = resourceSpans["resource"];
    const attributes = isObject(resource) ? readPairs(resource["attributes"]) : {};
    for (const scope of listAt(resourceSpans, "scopeSpans")) {
      for (const span of listAt(scope, "spans")) spans.push(readJsonSpan(span, attributes));
    }
  }
  return spans;
}

function readJsonSpan(span: Json, resource: Readonly<Record<string, RawValue>>): RawSpan {
  const status = isObject(span["status"]) ? span["status"] : {};
  const startNs = readNs(span["startTimeUnixNano"]);
  const endNs = readNs(span["endTimeUnixNano"]);
  return {
    traceId: readText(span["traceId"]),
    spanId: readText(span["spanId"]),
    parentSpanId: readText(span["parentSpanId"]),
    name: readText(span["name"]),
    kind: Number(span["kind"] ?? 0),
    ...(startNs === undefined ? {} : { startNs }),
    ...(endNs === undefined ? {} : { endNs }),
    statusCode: Number(status["code"] ?? 0),
    statusText: readText(status["message"]),
    resource,
    attributes: readPairs(span["attributes"]),
    events: listAt(span, "events").map((event) => ({
      timeNs: readNs(event["timeUnixNano"]) ?? 0n,
      name: readText(event["name"]),
      attributes: readPairs(event["attributes"]),
    })),
  };
}

/** 64-bit numbers are texts in OTLP's JSON, but plain numbers are met as well. */
function readNs(value: unknown): bigint | undefined {
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) {
    return BigInt(Math.trunc(value));
  }
  return undefined;
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readPairs(value: unknown): Record<string, RawValue> {
  const pairs: Record<string, RawValue> = {};
  if (!Array.isArray(value)) return pairs;
  for (const pair of value) {
    if (isObject(pair) && typeof pair["key"] === "string") {
      pairs[pair["key"]] = readJsonValue(pair["value"]);
    }
  }
  return pairs;
}

function readJsonValue(value: unknown): RawValue {
  if (!isObject(value)) return "";
  if (typeof value["stringValue"] === "string") return value["stringValue"];
  if (typeof value["boolValue"] === "boolean") return value["boolValue"];
  if (value["intValue"] !== undefined) return Number(value["intValue"]);
  if (value["doubleValue"] !== undefined) return Number(value["doubleValue"]);
  if (typeof value["bytesValue"] === "string") {
    return `0x${Buffer.from(value["bytesValue"], "base64").toString("hex")}`;
  }
  const list = value["arrayValue"];
  if (isObject(list)) return JSON.stringify(listAt(list, "values").map(readJsonValue));
  return "";
}

function listAt(value: Json, key: string): Json[] {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
