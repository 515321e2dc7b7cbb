import { counter, gauge, histogram, MetricDeclarationError } from "@ashlar/foundation";
import { expect, test } from "vitest";

test("a histogram has latency buckets unless it names its own", () => {
  expect(histogram("wait_seconds", { help: "h" }).buckets?.at(-1)).toBe(10);
  expect(histogram("size_bytes", { help: "h", buckets: [1, 2] }).buckets).toEqual([1, 2]);
});

test.for([
  [() => counter("orders_placed", { help: "h" }), "a counter's name ends in _total"],
  [() => gauge("orders_total", { help: "h" }), "only a counter's name ends in _total"],
  [() => gauge("Orders", { help: "h" }), "name must match"],
] as const)("M1: a wrong name is refused, case %#", ([declare, message]) => {
  expect(declare).toThrow(MetricDeclarationError);
  expect(declare).toThrow(message);
});

test.for([
  [() => gauge("lag", { help: "h", labels: { le: ["a"] } }), "reserved by Prometheus"],
  [() => gauge("lag", { help: "h", labels: { "a-b": ["a"] } }), "must match"],
  [() => gauge("lag", { help: "h", labels: { user: { maxValues: 0 } } }), "maxValues > 0"],
] as const)("M2: a wrong or unbounded label is refused, case %#", ([declare, message]) => {
  expect(declare).toThrow(message);
});
