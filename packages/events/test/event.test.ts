import { checkEvent, type Event, partitionOf } from "@ashlar/events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleEvent } from "../src/conformance/sample.ts";

const good: Event = sampleEvent(1, "order/1");

test.for([
  [{ key: "" }, /key must have 1\.\.200 characters/],
  [{ key: "x".repeat(201) }, /key must have/],
  [{ subject: "a\u0000b" }, /subject must be well-formed text without control characters/],
  [{ type: "\ud800" }, /type must be well-formed/],
  [{ time: "yesterday" }, /time must be ISO 8601 in UTC/],
  [{ time: "2026-11-21T06:00:00+01:00" }, /time must be/],
  [{ traceparent: "00-zz" }, /traceparent must be a W3C/],
  [{ data: undefined }, /data must survive/],
  [{ data: () => 5 }, /data must survive/],
] as const)("EV2: %j is refused", ([change, reason]) => {
  expect(() => checkEvent({ ...good, ...change }, 10_000)).toThrow(reason);
});

test("EV2: all violations are named at once", () => {
  const bad = { ...good, key: "", type: "", time: "" };
  expect(() => checkEvent(bad, 10_000)).toThrow(/key .*; type .*; time/);
});

test("EV2: what JSON cannot say is refused, not thrown back as it comes", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const data of [5n, cycle]) {
    expect(() => checkEvent({ ...good, data }, 10_000)).toThrow(/data must survive/);
  }
});

test("EV2: the size is that of the JSON in UTF-8", () => {
  const event = { ...good, data: "✓".repeat(100) };
  const sizeBytes = checkEvent(event, 10_000);
  expect(sizeBytes).toBe(Buffer.byteLength(JSON.stringify(event)));
  expect(() => checkEvent(event, sizeBytes - 1)).toThrow(/at most/);
  expect(checkEvent(event, sizeBytes)).toBe(sizeBytes);
});

test("ES2: a subject's partition never changes, and is one of those there are", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (subject, partitions) => {
      const partition = partitionOf(subject, partitions);
      expect(partition).toBe(partitionOf(subject, partitions));
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(partitions);
    }),
  );
  // Fixed for ever: stored streams depend on it.
  expect(["order/1", "user/7", "Ünïcode"].map((each) => partitionOf(each, 8))).toEqual([3, 0, 3]);
});
