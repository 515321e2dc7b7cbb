/** OTLP in both forms, and the bounded store behind it. */

import { hasCode } from "@ashlar/foundation";
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { edgeRates } from "../src/edge-rates.ts";
import { decodeExport } from "../src/traces/otlp.ts";
import { attributesMax, type Span, textMax } from "../src/traces/span.ts";
import { defaultTraceLimits, TraceStore } from "../src/traces/trace-store.ts";
import { fakePlan } from "./fixture/fake-plan.ts";
import { fakeExport } from "./fixture/fake-traces.ts";
import { FakeTraffic } from "./fixture/fake-traffic.ts";
import { encodeProtobufExport } from "./fixture/otlp-encoder.ts";

const json = "application/json";
const protobuf = "application/x-protobuf";

const oneSpan = {
  resource: { "service.name": "users", "service.instance.id": "users-1" },
  span: {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: "00f067aa0ba902b7",
    name: "GET /users/:id",
    kind: 2,
    startNs: 1_795_000_000_123_456_789n,
    endNs: 1_795_000_000_125_956_789n,
    status: { code: 2, message: "broken" },
    attributes: {
      "http.route": "/users/:id",
      "http.response.status_code": 500,
      ratio: 0.25,
      ok: true,
    },
    events: [{ timeNs: 1_795_000_000_124_000_000n, name: "exception", attributes: { why: "x" } }],
  },
};

function jsonOf(input: typeof oneSpan): Uint8Array {
  const pairs = (record: Readonly<Record<string, unknown>>): unknown =>
    Object.entries(record).map(([key, value]) => ({
      key,
      value:
        typeof value === "string"
          ? { stringValue: value }
          : typeof value === "boolean"
            ? { boolValue: value }
            : Number.isInteger(value)
              ? { intValue: String(value) }
              : { doubleValue: value },
    }));
  const { span, resource } = input;
  return Buffer.from(
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: pairs(resource) },
          scopeSpans: [
            {
              spans: [
                {
                  ...span,
                  startNs: undefined,
                  endNs: undefined,
                  startTimeUnixNano: String(span.startNs),
                  endTimeUnixNano: String(span.endNs),
                  attributes: pairs(span.attributes),
                  events: span.events.map((event) => ({
                    timeUnixNano: String(event.timeNs),
                    name: event.name,
                    attributes: pairs(event.attributes),
                  })),
                },
              ],
            },
          ],
        },
      ],
    }),
  );
}

describe("OTLP", () => {
  test("CN11: JSON and protobuf of one export give equal spans", () => {
    const fromJson = decodeExport(jsonOf(oneSpan), json);
    expect(fromJson.spans).toEqual([
      {
        traceId: oneSpan.span.traceId,
        spanId: oneSpan.span.spanId,
        parentSpanId: oneSpan.span.parentSpanId,
        name: "GET /users/:id",
        kind: "server",
        service: "users",
        instance: "users-1",
        startMs: 1_795_000_000_123.456,
        durationMs: 2.5,
        status: "error",
        statusText: "broken",
        attributes: oneSpan.span.attributes,
        events: [{ timeMs: 1_795_000_000_124, name: "exception", attributes: { why: "x" } }],
      },
    ]);
    expect(decodeExport(encodeProtobufExport(oneSpan), protobuf)).toEqual(fromJson);
  });

  test("CN10: broken protobuf throws OTLP_INVALID and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeExport(bytes, protobuf);
        } catch (error) {
          expect(hasCode(error, "CONSOLE_OTLP_INVALID")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("CN10: every prefix of an export ends, with spans or with the coded error", () => {
    const whole = encodeProtobufExport(oneSpan);
    for (let length = 0; length < whole.length; length++) {
      try {
        decodeExport(whole.subarray(0, length), protobuf);
      } catch (error) {
        expect(hasCode(error, "CONSOLE_OTLP_INVALID"), `length ${length}`).toBe(true);
      }
    }
  });

  test.for([
    ["[]", json],
    ["{", json],
    ["null", json],
    ["{}", "text/plain"],
  ] as const)("%s as %s is refused", ([body, type]) => {
    expect(() => decodeExport(Buffer.from(body), type)).toThrow(/OTLP/);
  });

  test("CN12: spans without ids or times are left out and counted", () => {
    const body = { resourceSpans: [{ scopeSpans: [{ spans: [{}, { traceId: "zz" }, 7] }] }] };
    expect(decodeExport(Buffer.from(JSON.stringify(body)), json)).toEqual({
      spans: [],
      rejected: 2,
    });
  });

  test("CN12: texts and attributes are cut to their limits", () => {
    const attributes = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`k${at}`, "x".repeat(10_000)]),
    );
    const big = { ...oneSpan, span: { ...oneSpan.span, name: "n".repeat(9_999), attributes } };
    const [span] = decodeExport(jsonOf(big as unknown as typeof oneSpan), json).spans;
    expect(span?.name.length).toBe(textMax + 1);
    expect(Object.keys(span?.attributes ?? {}).length).toBe(attributesMax);
    expect(String(span?.attributes["k0"]).length).toBe(textMax + 1);
  });
});

const spanAt = (over: Partial<Span>): Span => ({
  traceId: "0".repeat(31) + "1",
  spanId: "1".repeat(16),
  parentSpanId: null,
  name: "work",
  kind: "internal",
  service: "users",
  instance: "users-0",
  startMs: 1_000,
  durationMs: 5,
  status: "unset",
  statusText: "",
  attributes: {},
  events: [],
  ...over,
});
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

describe("the trace store", () => {
  test("CN13: traces, spans and bytes stay within limits; the first to arrive leave", () => {
    const limits = {
      ...defaultTraceLimits,
      tracesMax: 20,
      spansMax: 60,
      spansPerTraceMax: 5,
      bytesMax: 20_000,
    };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(80), fc.nat(1_000), fc.nat(600)), { maxLength: 300 }),
        (made) => {
          const store = new TraceStore(new SimulatedClock(), limits);
          for (const [trace, id, length] of made) {
            store.add([
              spanAt({
                traceId: hex(trace + 1, 32),
                spanId: hex(id + 1, 16),
                attributes: { text: "x".repeat(length) },
              }),
            ]);
            const { traces, spans, bytes } = store.size;
            expect(traces).toBeLessThanOrEqual(limits.tracesMax);
            expect(spans).toBeLessThanOrEqual(limits.spansMax);
            expect(bytes).toBeLessThanOrEqual(limits.bytesMax);
          }
        },
      ),
    );
  });

  test("CN13: a trace leaves when it is fifteen minutes old", async () => {
    const clock = new SimulatedClock();
    const store = new TraceStore(clock);
    store.add([spanAt({})]);
    await clock.advance(defaultTraceLimits.ageMsMax);
    expect(store.find({ limit: 10 })).toHaveLength(1);
    await clock.advance(1);
    expect(store.find({ limit: 10 })).toHaveLength(0);
  });

  test("CN14: a span that arrives twice is kept once", () => {
    const store = new TraceStore(new SimulatedClock());
    store.add([spanAt({}), spanAt({})]);
    store.add([spanAt({})]);
    expect([store.size.spans, store.size.received]).toEqual([1, 3]);
  });

  test("spans of several services are one trace, found by what they are", () => {
    const store = new TraceStore(new SimulatedClock());
    const http = {
      "http.request.method": "GET",
      "http.route": "/a/:id",
      "http.response.status_code": 502,
    };
    store.add([
      spanAt({
        spanId: hex(2, 16),
        parentSpanId: hex(1, 16),
        service: "orders",
        startMs: 1_002,
        durationMs: 9,
        status: "error",
      }),
      spanAt({ spanId: hex(1, 16), service: "api", attributes: http }),
      spanAt({ traceId: hex(77, 32), name: "other", durationMs: 90, startMs: 2_000 }),
    ]);
    const all = store.find({ limit: 10 });
    expect(all.map((each) => each.name)).toEqual(["other", "GET /a/:id"]);
    expect(all[1]).toMatchObject({
      service: "api",
      spans: 2,
      errors: 1,
      httpStatus: 502,
      durationMs: 11,
    });
    const names = (query: object): string[] =>
      store.find({ limit: 10, ...query }).map((each) => each.name);
    expect(names({ service: "orders" })).toEqual(["GET /a/:id"]);
    expect(names({ errorsOnly: true })).toEqual(["GET /a/:id"]);
    expect(names({ minDurationMs: 50 })).toEqual(["other"]);
    expect(names({ search: "/A/" })).toEqual(["GET /a/:id"]);
    expect(names({ search: hex(77, 32).slice(0, 31) })).toEqual(["other"]);
    expect(names({ search: "nothing" })).toEqual([]);
  });
});

describe("edge rates", () => {
  const clock = new SimulatedClock();
  const store = new TraceStore(clock);
  const traffic = new FakeTraffic();
  for (let at = 0; at < 300; at++) {
    store.add(decodeExport(Buffer.from(fakeExport(traffic, clock.wallMs()).body), json).spans);
  }
  const measured: Readonly<Record<string, number>> = { orders: 40, users: 12, notifications: 2 };
  const rates = edgeRates({
    plan: fakePlan,
    traces: store.recent(60_000),
    windowMs: 60_000,
    measured: (part) => measured[part] ?? null,
  });
  const rate = (from: string, to: string): number | null | undefined =>
    rates.find((each) => each.from === from && each.to === to)?.perSecond;

  test("CN15: what callers send to a part adds up to what it measured", () => {
    const users = ["api", "orders", "notifications"].map((from) => rate(from, "users") ?? 0);
    expect(users.every((each) => each > 0)).toBe(true);
    expect(users.reduce((sum, each) => sum + each)).toBeCloseTo(12, 6);
    expect(rate("api", "orders")).toBe(40);
  });

  test("an only caller has it all, even without a trace", () => {
    expect(rate("api", "notifications")).toBe(2);
  });

  test("stores, streams and externals are counted by spans that name them", () => {
    expect(rate("orders", "orders-db")).toBeGreaterThan(0);
    expect(rate("orders", "events")).toBeGreaterThan(0);
    expect(rate("orders", "payments")).toBeGreaterThan(0);
    expect(rate("notifications", "smtp")).toBeGreaterThan(0);
  });

  test("a call to a part is not taken for one to the only external", () => {
    const payments = [...store.recent(60_000)]
      .flatMap((spans) => [...spans.values()])
      .filter((span) => span.attributes["peer.service"] === "payments");
    expect(rate("orders", "payments")).toBeCloseTo(payments.length / 60, 6);
  });

  test("CN15: of what nothing is known the rate is null", () => {
    const unknown = edgeRates({
      plan: fakePlan,
      traces: [],
      windowMs: 60_000,
      measured: () => null,
    });
    expect(unknown.every((each) => each.perSecond === null)).toBe(true);
  });
});
