/**
 * One event: something that happened, told once by its producer.
 *
 * - EV1  Two events with equal keys are the same event; a stream keeps the first and drops the rest.
 * - EV2  An event that is not of this shape, or is larger than its stream's limit, is refused where
 *        it is appended or published, before anything is stored.
 *
 * @module
 */
import { EventInvalidError, EventTooLargeError } from "./errors.ts";

export interface Event<Data = unknown> {
  /** Names this event for ever, unique in its stream. 1..200 characters. Deduplication goes by it. */
  readonly key: string;
  /** What happened, for example `order.paid`. 1..200 characters. */
  readonly type: string;
  /** What it happened to, for example `order/7f3a`; events of one subject stay in order. 1..200 characters. */
  readonly subject: string;
  /** When it happened: ISO 8601 in UTC, for example `2026-11-21T06:00:00.000Z`. */
  readonly time: string;
  /** Anything that survives `JSON.stringify`. */
  readonly data: Data;
  /** W3C trace context of what caused it. */
  readonly traceparent?: string;
}

/** Of one event's JSON in UTF-8, where a stream declares no limit of its own. */
export const defaultMaxEventBytes: number = 256 * 1024;

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const nameCharactersMax = 200;

/**
 * Refuses what a stream must not store (EV2), and returns the size of the event's JSON in bytes.
 *
 * @throws {EventInvalidError} naming every violation.
 * @throws {EventTooLargeError} over `maxEventBytes`.
 */
export function checkEvent(event: Event, maxEventBytes: number): number {
  const violations = [
    ...nameViolations("key", event.key),
    ...nameViolations("type", event.type),
    ...nameViolations("subject", event.subject),
  ];
  if (typeof event.time !== "string" || !timePattern.test(event.time)) {
    violations.push(`time must be ISO 8601 in UTC, got ${JSON.stringify(event.time)}`);
  }
  if (event.traceparent !== undefined && !traceparentPattern.test(event.traceparent)) {
    violations.push("traceparent must be a W3C trace context");
  }
  const body = stringify(event.data);
  if (body === undefined) violations.push("data must survive JSON.stringify");
  if (violations.length > 0) throw new EventInvalidError(event.key, violations);
  const sizeBytes = Buffer.byteLength(JSON.stringify(event));
  if (sizeBytes > maxEventBytes) throw new EventTooLargeError(event.key, sizeBytes, maxEventBytes);
  return sizeBytes;
}

function nameViolations(field: string, value: unknown): readonly string[] {
  if (typeof value !== "string" || value.length === 0 || value.length > nameCharactersMax) {
    return [`${field} must have 1..${nameCharactersMax} characters`];
  }
  // Control characters would break logs, and NUL the databases that adapters write to.
  if (/\p{Cc}/u.test(value) || !value.isWellFormed()) {
    return [`${field} must be well-formed text without control characters`];
  }
  return [];
}

function stringify(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined; // Cycles and BigInts.
  }
}

/**
 * The partition of a subject: FNV-1a over its UTF-8 bytes, modulo `partitions`. Adapters and their
 * successors must agree on it for ever, or events of one subject would part.
 */
export function partitionOf(subject: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(subject)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % partitions;
}
