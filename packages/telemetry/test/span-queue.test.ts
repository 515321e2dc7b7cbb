import { silentLog } from "@ashlar/foundation";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import type { SpanTransport } from "../src/otlp.ts";
import { createSdkRecorder } from "../src/sdk-recorder.ts";
import { SpanQueue } from "../src/span-queue.ts";
import { createTracer, type Tracer } from "../src/tracer.ts";

interface Rig {
  readonly clock: SimulatedClock;
  readonly tracer: Tracer;
  readonly queue: SpanQueue;
  readonly drops: [number, string][];
}

function rig(transport: SpanTransport, capacity = 10): Rig {
  const clock = new SimulatedClock();
  const drops: [number, string][] = [];
  const queue = new SpanQueue({
    clock,
    log: silentLog,
    resource: {},
    transport,
    capacity,
    onDrop: (spans, reason) => void drops.push([spans, reason]),
  });
  const recorder = createSdkRecorder({ processor: queue });
  const tracer = createTracer({ entropy: seededEntropy(1), recorder: () => recorder });
  return { clock, tracer, queue, drops };
}

function spansIn(body: string): number {
  return (JSON.parse(body) as { resourceSpans: [{ scopeSpans: [{ spans: unknown[] }] }] })
    .resourceSpans[0].scopeSpans[0].spans.length;
}

test("spans are gathered for a second and leave in one batch", async () => {
  const sent: number[] = [];
  const { clock, tracer } = rig((body) => Promise.resolve(void sent.push(spansIn(body))));
  for (let at = 0; at < 5; at++) tracer.span("work", {}, () => undefined);
  await clock.untilSleeping();
  expect(sent).toEqual([]);
  await clock.advance(1_000);
  expect(sent).toEqual([5]);
});

test("TEL16: what exceeds the capacity is dropped and counted", async () => {
  const { tracer, drops, queue } = rig(() => Promise.resolve(), 3);
  for (let at = 0; at < 5; at++) tracer.span("work", {}, () => undefined);
  expect(drops).toEqual([
    [1, "buffer_full"],
    [1, "buffer_full"],
  ]);
  await queue.shutdown();
});

test("TEL16: a collector that refuses costs its batch; later ones go out again", async () => {
  let refuses = true;
  const sent: number[] = [];
  const { clock, tracer, drops } = rig((body) => {
    if (refuses) return Promise.reject(new Error("connection refused"));
    sent.push(spansIn(body));
    return Promise.resolve();
  });
  tracer.span("lost", {}, () => undefined);
  await clock.untilSleeping();
  await clock.advance(1_000);
  expect(drops).toEqual([[1, "export_failed"]]);
  refuses = false;
  await clock.advance(1_000);
  tracer.span("kept", {}, () => undefined);
  await clock.untilSleeping();
  await clock.advance(1_000);
  expect(sent).toEqual([1]);
});

test("TEL16: a collector that hangs is given up after its time", async () => {
  const { clock, tracer, drops } = rig(
    (_body, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  );
  tracer.span("stuck", {}, () => undefined);
  await clock.untilSleeping();
  await clock.advance(1_000);
  await clock.advance(5_000);
  expect(drops).toEqual([[1, "export_failed"]]);
});

test("TEL17: closing delivers what waits, at once", async () => {
  const sent: number[] = [];
  const { tracer, queue } = rig((body) => Promise.resolve(void sent.push(spansIn(body))));
  tracer.span("last", {}, () => undefined);
  await queue.shutdown();
  expect(sent).toEqual([1]);
});

test("TEL17: closing gives up on a collector that is gone", async () => {
  const { tracer, queue, drops } = rig(() => Promise.reject(new Error("gone")), 1_000);
  for (let at = 0; at < 600; at++) tracer.span("work", {}, () => undefined);
  await queue.shutdown();
  expect(drops).toEqual([[256, "export_failed"]]);
});
