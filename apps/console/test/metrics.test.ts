/** From the text of a scrape to rates, quantiles and bounded histories. */
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SystemStatus } from "../src/control.ts";
import { Collector } from "../src/metrics/collector.ts";
import { historyPoints, PartMeter, scrapeIntervalMs } from "../src/metrics/part-meter.ts";
import { parseExposition, parseSample, seriesMax } from "../src/metrics/prometheus.ts";
import { quantileOf } from "../src/metrics/quantile.ts";
import { ReplicaMeter } from "../src/metrics/replica-meter.ts";
import { SeriesSet } from "../src/metrics/series.ts";

describe("Prometheus text", () => {
  test.for([
    ["up 1", "up", {}, 1],
    [
      'http_requests_total{method="GET",status="200"} 42',
      "http_requests_total",
      { method: "GET", status: "200" },
      42,
    ],
    [
      'a{path="/a b{c}",x="q\\"uo\\\\te\\n"} 1.5e3 1700000000',
      "a",
      { path: "/a b{c}", x: 'q"uo\\te\n' },
      1500,
    ],
    ['b_bucket{le="+Inf",} 7', "b_bucket", { le: "+Inf" }, 7],
    ["c +Inf", "c", {}, Number.POSITIVE_INFINITY],
    ["d{} -Inf", "d", {}, Number.NEGATIVE_INFINITY],
  ] as const)("reads %s", ([line, name, labels, value]) => {
    expect(parseSample(line)).toMatchObject({ name, labels, value });
  });

  test.for(["", "lonely", 'x{a="b" 1', "x{a=b} 1", "1x 2", "x y", '{a="b"} 1'])(
    "leaves out %j",
    (line) => {
      expect(parseSample(line)).toBeUndefined();
    },
  );

  test("kinds and help come from comments; broken lines are counted, not fatal", () => {
    const read = parseExposition("# HELP a Said.\n# TYPE a counter\na 1\n???\n# a remark\nb 2");
    expect([...read.kinds]).toEqual([["a", "counter"]]);
    expect(read.help.get("a")).toBe("Said.");
    expect(read.samples.map((each) => each.name)).toEqual(["a", "b"]);
    expect(read.skippedLines).toBe(1);
  });

  test("CN6: any text is read without throwing", () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => void parseExposition(text)));
  });

  test("CN6: series beyond the limit are not read", () => {
    const text = Array.from({ length: seriesMax + 5 }, (_, at) => `m{i="${at}"} 1`).join("\n");
    const read = parseExposition(text);
    expect([read.samples.length, read.skippedLines]).toEqual([seriesMax, 5]);
  });
});

describe("quantiles", () => {
  const buckets = [
    { bound: 0.1, count: 50 },
    { bound: 0.5, count: 90 },
    { bound: 1, count: 100 },
    { bound: Number.POSITIVE_INFINITY, count: 100 },
  ];

  test.for([
    [0.5, 0.1],
    [0.25, 0.05],
    [0.7, 0.3],
    [0.95, 0.75],
    [1, 1],
  ] as const)("CN7: the %d quantile is %d", ([quantile, expected]) => {
    expect(quantileOf(buckets, quantile)).toBeCloseTo(expected, 10);
  });

  test("CN7: without observations there is none; beyond the last bound it is that bound", () => {
    expect(quantileOf([], 0.5)).toBeNull();
    expect(quantileOf([{ bound: 1, count: 0 }], 0.5)).toBeNull();
    const over = [
      { bound: 1, count: 1 },
      { bound: Number.POSITIVE_INFINITY, count: 10 },
    ];
    expect(quantileOf(over, 0.99)).toBe(1);
  });

  test("CN7: quantiles rise with the rank and stay within the bounds", () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.float({ min: 0, max: 1, noNaN: true }), (grown, rank) => {
        let count = 0;
        const made = grown.map((each, at) => ({ bound: (at + 1) * 10, count: (count += each) }));
        const value = quantileOf(made, rank);
        if (count === 0) expect(value).toBeNull();
        else {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(made.length * 10);
          expect(quantileOf(made, Math.min(1, rank + 0.1)) ?? 0).toBeGreaterThanOrEqual(value ?? 0);
        }
      }),
    );
  });
});

describe("rates", () => {
  const text = (requests: number, failed: number, start = 1): string =>
    [
      "# TYPE http_requests_total counter",
      `http_requests_total{method="GET",route="/a",status="200"} ${requests}`,
      `http_requests_total{method="GET",route="/a",status="503"} ${failed}`,
      `process_start_time_seconds ${start}`,
      `process_cpu_seconds_total ${requests / 100}`,
    ].join("\n");

  test("the first scrape says nothing of rates; the second does", () => {
    const meter = new ReplicaMeter();
    const part = new PartMeter();
    part.observe([meter.observe(parseExposition(text(100, 0)), 0)], 1);
    expect(part.series.last("requestsPerSecond")).toBeNull();
    part.observe([meter.observe(parseExposition(text(118, 2)), 2_000)], 2_000);
    expect(part.series.last("requestsPerSecond")).toBe(10);
    expect(part.series.last("failed")).toBe(1);
    expect(part.series.last("errorRatio")).toBeCloseTo(0.1);
    expect(part.series.last("cpu")).toBeCloseTo(0.09);
    expect([...part.routes]).toEqual([["GET /a", 10]]);
  });

  test("CN8: a counter that falls counts from zero", () => {
    const meter = new ReplicaMeter();
    meter.observe(parseExposition(text(1_000, 0)), 0);
    expect(meter.observe(parseExposition(text(6, 0)), 1_000).requests[2]).toBe(6);
  });

  test("CN8: a restart that overtook the old count is seen by its start time", () => {
    const meter = new ReplicaMeter();
    meter.observe(parseExposition(text(10, 0, 1)), 0);
    expect(meter.observe(parseExposition(text(15, 0, 2)), 1_000).requests[2]).toBe(15);
  });

  test("CN8: no history of scrapes gives a negative rate", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 2, maxLength: 20 }), (totals) => {
        const meter = new ReplicaMeter();
        totals.forEach((total, at) => {
          const reading = meter.observe(parseExposition(text(total, 0)), at * 1_000);
          expect(reading.requests[2]).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  test("a part's own metrics: counters as rates, gauges as sums, histograms as p95", () => {
    const own = (placed: number, slow: number): string =>
      [
        "# HELP placed_total Placed.",
        "# TYPE placed_total counter",
        `placed_total{by="a"} ${placed}`,
        `placed_total{by="b"} ${placed}`,
        "# TYPE waiting gauge",
        "waiting 3",
        "# TYPE took_seconds histogram",
        `took_seconds_bucket{le="1"} ${slow}`,
        `took_seconds_bucket{le="+Inf"} ${slow}`,
        `took_seconds_sum 1`,
      ].join("\n");
    const meters = [new ReplicaMeter(), new ReplicaMeter()];
    const part = new PartMeter();
    for (const [at, [placed, slow]] of [
      [0, 0],
      [10, 4],
    ].entries()) {
      const exposition = parseExposition(own(placed!, slow!));
      part.observe(
        meters.map((meter) => meter.observe(exposition, at * 2_000)),
        at * 2_000 + 1,
      );
    }
    const last = (name: string): number | null =>
      part.custom.get(name)?.series.last("value") ?? null;
    expect([last("placed_total"), last("waiting"), last("took_seconds")]).toEqual([20, 6, 0.95]);
  });
});

describe("history", () => {
  test("CN5: a series set keeps the newest points and refuses time that goes back", () => {
    const series = new SeriesSet(["a", "b"], 3);
    for (const time of [10, 20, 30, 40]) series.push(time, { a: time });
    expect(series.push(40, { a: 1 })).toBe(false);
    expect(series.slice(["a", "b"])).toEqual({
      times: [20, 30, 40],
      values: { a: [20, 30, 40], b: [null, null, null] },
    });
    expect(series.slice(["a"], 30).times).toEqual([30, 40]);
    expect(series.tail("a", 5)).toEqual([null, null, 20, 30, 40]);
  });

  test("CN5: fifteen minutes and not more, however long a part runs", () => {
    const part = new PartMeter();
    for (let at = 1; at <= historyPoints + 50; at++) part.observe([], at * scrapeIntervalMs);
    expect(part.series.size).toBe(450);
  });
});

test("replicas that went are forgotten, ones that do not answer leave a gap", async () => {
  const clock = new SimulatedClock();
  let replicas = [replicaAt(0), replicaAt(1)];
  const collector = new Collector({
    clock,
    scrape: (port) =>
      port === 1_001
        ? Promise.reject(new Error("refused"))
        : Promise.resolve("process_resident_memory_bytes 5"),
    status: () => ({ parts: [{ name: "users", replicas }] }) as unknown as SystemStatus,
  });
  await collector.round(AbortSignal.abort());
  expect(collector.part("users")?.series.last("memoryBytes")).toBe(5);
  expect(collector.replica("users-0")?.series.size).toBe(1);
  expect(collector.replica("users-1")?.series.size).toBe(0);
  replicas = [replicaAt(0)];
  await clock.advance(2_000);
  await collector.round(AbortSignal.abort());
  expect(collector.replica("users-1")).toBeUndefined();
});

function replicaAt(ordinal: number): SystemStatus["parts"][number]["replicas"][number] {
  return {
    ordinal,
    instance: `users-${ordinal}`,
    pid: 1,
    state: "ready",
    since: "",
    restarts: 0,
    ports: { ops: 1_000 + ordinal },
  };
}
