/**
 * Turns the protobuf form of an `ExportTraceServiceRequest` into spans.
 *
 * The field numbers are those of opentelemetry-proto 1.x, which are frozen.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-proto, trace/v1/trace.proto.
 * @module
 */

import type { RawSpan, RawValue } from "./otlp.ts";
import { bytesIn, type Field, fieldsOf, hexIn, numberIn, textIn } from "./protobuf.ts";

/** Every span of the request, with the attributes of its resource. */
export function readProtobufExport(body: Uint8Array): RawSpan[] {
  const spans: RawSpan[] = [];
  for (const resourceSpans of fieldsOf(body)) {
    if (resourceSpans.number !== 1) continue;
    const resource: Record<string, RawValue> = {};
    const inner = [...fieldsOf(bytesIn(resourceSpans))];
    for (const field of inner) if (field.number === 1) readAttributes(bytesIn(field), 1, resource);
    for (const field of inner) {
      if (field.number !== 2) continue;
      for (const span of fieldsOf(bytesIn(field))) {
        if (span.number === 2) spans.push(readSpan(bytesIn(span), resource));
      }
    }
  }
  return spans;
}

function readSpan(bytes: Uint8Array, resource: Readonly<Record<string, RawValue>>): RawSpan {
  const span: RawSpan = { resource, attributes: {}, events: [] };
  for (const field of fieldsOf(bytes)) {
    const read = spanFields[field.number];
    if (read !== undefined) read(span, field);
  }
  return span;
}

const spanFields: Readonly<Record<number, (span: RawSpan, field: Field) => void>> = {
  1: (span, field) => {
    span.traceId = hexIn(field);
  },
  2: (span, field) => {
    span.spanId = hexIn(field);
  },
  4: (span, field) => {
    span.parentSpanId = hexIn(field);
  },
  5: (span, field) => {
    span.name = textIn(field);
  },
  6: (span, field) => {
    span.kind = Number(numberIn(field));
  },
  7: (span, field) => {
    span.startNs = numberIn(field);
  },
  8: (span, field) => {
    span.endNs = numberIn(field);
  },
  9: (span, field) => readAttribute(bytesIn(field), span.attributes),
  11: (span, field) => {
    const event: RawSpan["events"][number] = { timeNs: 0n, name: "", attributes: {} };
    for (const each of fieldsOf(bytesIn(field))) {
      if (each.number === 1) event.timeNs = numberIn(each);
      else if (each.number === 2) event.name = textIn(each);
      else if (each.number === 3) readAttribute(bytesIn(each), event.attributes);
    }
    span.events.push(event);
  },
  15: (span, field) => {
    for (const each of fieldsOf(bytesIn(field))) {
      if (each.number === 2) span.statusText = textIn(each);
      else if (each.number === 3) span.statusCode = Number(numberIn(each));
    }
  },
};

function readAttributes(bytes: Uint8Array, number: number, into: Record<string, RawValue>): void {
  for (const field of fieldsOf(bytes)) {
    if (field.number === number) readAttribute(bytesIn(field), into);
  }
}

function readAttribute(bytes: Uint8Array, into: Record<string, RawValue>): void {
  let key = "";
  let value: RawValue = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = textIn(field);
    else if (field.number === 2) value = readValue(bytesIn(field), 0);
  }
  if (key !== "") into[key] = value;
}

/** Lists within lists are read this deep, so that a hostile message cannot exhaust the stack. */
const depthMax = 8;

function readValue(bytes: Uint8Array, depth: number): RawValue {
  let value: RawValue = "";
  if (depth > depthMax) return value;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) value = textIn(field);
    else if (field.number === 2) value = numberIn(field) !== 0n;
    else if (field.number === 3) value = Number(BigInt.asIntN(64, numberIn(field)));
    else if (field.number === 4) value = doubleFrom(numberIn(field));
    else if (field.number === 5) value = readList(bytesIn(field), depth + 1);
    else if (field.number === 7) value = `0x${hexIn(field)}`;
  }
  return value;
}

function readList(bytes: Uint8Array, depth: number): string {
  const items: RawValue[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) items.push(readValue(bytesIn(field), depth));
  }
  return JSON.stringify(items);
}

function doubleFrom(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
