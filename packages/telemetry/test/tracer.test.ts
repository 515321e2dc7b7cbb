import { silentLog } from "@ashlar/foundation";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { createSdkRecorder } from "../src/sdk-recorder.ts";
import { SpanQueue } from "../src/span-queue.ts";
import { createTracer, type Tracer } from "../src/tracer.ts";

interface Exported {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface Recording {
  readonly tracer: Tracer;
  readonly spans: Exported[];
  readonly flush: () => Promise<void>;
}

function recording(sampleRatio = 1): Recording {
  const spans: Exported[] = [];
  const queue = new SpanQueue({
    clock: new SimulatedClock(),
    log: silentLog,
    resource: { "service.name": "users" },
    onDrop: () => undefined,
    transport: (body) => {
      const sent = JSON.parse(body) as {
        resourceSpans: { scopeSpans: { spans: Exported[] }[] }[];
      };
      spans.push(...sent.resourceSpans.flatMap((each) => each.scopeSpans.flatMap((s) => s.spans)));
      return Promise.resolve();
    },
  });
  const recorder = createSdkRecorder({ processor: queue, sampleRatio });
  const tracer = createTracer({ entropy: seededEntropy(1), recorder: () => recorder });
  return { tracer, spans, flush: () => queue.shutdown() };
}

const incoming = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

test("TEL13: without a recorder the caller's trace travels on unchanged", () => {
  const tracer = createTracer({ entropy: seededEntropy(1), recorder: () => undefined });
  const parent = tracer.extract({ traceparent: incoming, tracestate: "vendor=1" }) ?? null;
  const headers: Record<string, string> = {};
  tracer.span("serve", { kind: "server", parent }, () => tracer.inject(headers));
  expect(headers).toEqual({ traceparent: incoming, tracestate: "vendor=1" });
});

test("TEL13: without a recorder and a caller, one unsampled trace joins what belongs together", async () => {
  const tracer = createTracer({ entropy: seededEntropy(1), recorder: () => undefined });
  const seen = await tracer.span("outer", { parent: null }, async () => {
    const outer = tracer.current();
    await Promise.resolve();
    return [outer, tracer.span("inner", {}, () => tracer.current())];
  });
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).toMatchObject({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    sampled: false,
  });
  expect(tracer.current()).toBeUndefined();
});

test("TEL13: with a recorder, spans nest under the caller's and are injected as parents", async () => {
  const { tracer, spans, flush } = recording();
  const parent = tracer.extract({ traceparent: incoming }) ?? null;
  const headers: Record<string, string> = {};
  await tracer.span("serve", { kind: "server", parent, attributes: { route: "/x" } }, async () => {
    await Promise.resolve();
    tracer.span("call", { kind: "client" }, () => tracer.inject(headers));
  });
  await flush();
  const [call, serve] = spans;
  expect(serve).toMatchObject({ traceId: "a".repeat(32), parentSpanId: "b".repeat(16), kind: 2 });
  expect(call).toMatchObject({ traceId: "a".repeat(32), parentSpanId: serve?.spanId, kind: 3 });
  expect(headers["traceparent"]).toBe(`00-${"a".repeat(32)}-${call?.spanId}-01`);
  expect(serve?.attributes).toContainEqual({ key: "route", value: { stringValue: "/x" } });
});

test("TEL14: an unsampled parent is followed, a sampled one too, whatever the ratio", async () => {
  const never = recording(0);
  never.tracer.span("root", { parent: null }, () => undefined);
  never.tracer.span(
    "child",
    { parent: never.tracer.extract({ traceparent: incoming }) ?? null },
    () => undefined,
  );
  await never.flush();
  expect(never.spans.map((each) => each.name)).toEqual(["child"]);

  const always = recording();
  const unsampled = always.tracer.extract({ traceparent: incoming.replace(/01$/, "00") }) ?? null;
  always.tracer.span("child", { parent: unsampled }, () => undefined);
  always.tracer.span("root", { parent: null }, () => undefined);
  await always.flush();
  expect(always.spans.map((each) => each.name)).toEqual(["root"]);
});

test("TEL15: what the work returns or throws is what the caller gets, and the failure is recorded", async () => {
  const { tracer, spans, flush } = recording();
  expect(tracer.span("sync", {}, () => 7)).toBe(7);
  await expect(tracer.span("async", {}, () => Promise.resolve(8))).resolves.toBe(8);
  const failure = Object.assign(new Error("no"), { code: "REFUSED" });
  expect(() =>
    tracer.span("throws", {}, () => {
      throw failure;
    }),
  ).toThrow(failure);
  await expect(tracer.span("rejects", {}, () => Promise.reject(failure))).rejects.toBe(failure);
  await flush();
  expect(spans.map((each) => [each.name, each.status.code])).toEqual([
    ["sync", 0],
    ["async", 0],
    ["throws", 2],
    ["rejects", 2],
  ]);
  expect(spans[3]?.attributes).toEqual([{ key: "error.type", value: { stringValue: "REFUSED" } }]);
});

test("a span that is ended twice is exported once", async () => {
  const { tracer, spans, flush } = recording();
  const span = tracer.start("request", { kind: "server" });
  span.setName("GET /x");
  span.end();
  span.end();
  await flush();
  expect(spans.map((each) => each.name)).toEqual(["GET /x"]);
});
