import { counter, gauge, histogram, processMetrics } from "@ashlar/foundation";
import { realEnvironment } from "@ashlar/program";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMetricRegistry } from "../src/index.ts";
import { collectProcess } from "../src/process-collector.ts";

function series(text: string, name: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test("TEL8: labels are those declared; values are listed, and all shown at zero", async () => {
  const metrics = createMetricRegistry({ part: "users" });
  const logins = counter("logins_total", { help: "x", labels: { outcome: ["ok", "refused"] } });
  metrics.counter(logins).add({ outcome: "ok" });
  metrics.counter(logins).add({ outcome: "forged" as "ok" }, 2);
  // @ts-expect-error -- an undeclared label is a compile error, and left out at run time
  metrics.counter(logins).add({ outcome: "ok", user: "7" });
  expect(series(await metrics.expose(), "logins_total")).toEqual([
    'logins_total{outcome="ok",part="users"} 2',
    'logins_total{outcome="refused",part="users"} 0',
    'logins_total{outcome="other",part="users"} 2',
  ]);
});

test("TEL8: however many values come, no more than declared become series", async () => {
  const declared = counter("paths_total", { help: "x", labels: { path: { maxValues: 5 } } });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string(), { maxLength: 50 }), async (paths) => {
      const metrics = createMetricRegistry({});
      const meter = metrics.counter(declared);
      for (const path of paths) meter.add({ path });
      const lines = (await metrics.expose())
        .split("\n")
        .filter((each) => each.startsWith("paths_total{"));
      expect(lines.length).toBeLessThanOrEqual(6);
      const total = lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
      expect(total).toBe(paths.length);
    }),
  );
});

test("TEL9: one declaration is one metric; another of the same name is refused", async () => {
  const metrics = createMetricRegistry({});
  const depth = gauge("depth", { help: "x" });
  metrics.gauge(depth).set({}, 1);
  metrics.gauge(gauge("depth", { help: "x" })).add({}, 2);
  expect(series(await metrics.expose(), "depth")).toEqual(["depth 3"]);
  expect(() => metrics.gauge(gauge("depth", { help: "x", labels: { of: ["a"] } }))).toThrow(
    expect.objectContaining({ code: "METRIC_CONFLICT" }),
  );
});

test("TEL10: values that mean nothing are ignored", async () => {
  const metrics = createMetricRegistry({});
  const events = metrics.counter(counter("events_total", { help: "x" }));
  for (const count of [1, -1, Number.NaN, Number.POSITIVE_INFINITY]) events.add({}, count);
  const seconds = metrics.histogram(histogram("wait_seconds", { help: "x" }));
  for (const value of [0.2, Number.NaN]) seconds.observe({}, value);
  metrics.gauge(gauge("level", { help: "x" })).set({}, Number.NaN);
  const text = await metrics.expose();
  expect(series(text, "events_total")).toEqual(["events_total 1"]);
  expect(series(text, "wait_seconds_count")).toEqual(["wait_seconds_count 1"]);
});

test("labels may be left out where none is declared", async () => {
  const metrics = createMetricRegistry({});
  metrics.counter(counter("plain_total", { help: "x" })).add();
  expect(series(await metrics.expose(), "plain_total")).toEqual(["plain_total 1"]);
});

test("a collector runs at each exposition until disposed; one that fails does no harm", async () => {
  const metrics = createMetricRegistry({});
  const runs = metrics.gauge(gauge("runs", { help: "x" }));
  const first = metrics.onExpose(() => runs.add({}, 1));
  metrics.onExpose(() => {
    throw new Error("no");
  });
  await metrics.expose();
  first[Symbol.dispose]();
  expect(series(await metrics.expose(), "runs")).toEqual(["runs 1"]);
});

test("every declared process metric is exposed", async () => {
  const metrics = createMetricRegistry({ part: "users" });
  using _process = collectProcess(metrics, realEnvironment().clock);
  const text = await metrics.expose();
  const names = processMetrics
    .map((each) => each.name)
    .filter((each) => each !== "telemetry_dropped_total");
  expect(names.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  expect(text).toMatch(/process_resident_memory_bytes\{part="users"\} \d{7,}/);
});
