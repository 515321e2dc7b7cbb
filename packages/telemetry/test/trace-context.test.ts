import * as fc from "fast-check";
import { expect, test } from "vitest";
import { extractTrace, formatTraceparent, injectTrace, parseTraceparent } from "../src/index.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test.for([
  ["00", `00-${traceId}-${spanId}-01`, true],
  ["not sampled", `00-${traceId}-${spanId}-00`, false],
  ["other flags", `00-${traceId}-${spanId}-03`, true],
  ["a later version", `cc-${traceId}-${spanId}-01-what-comes`, true],
] as const)("TEL5: %s is taken", ([, value, sampled]) => {
  expect(parseTraceparent(value)).toEqual({ traceId, spanId, sampled });
});

test.for([
  ["nothing", undefined],
  ["empty", ""],
  ["version ff", `ff-${traceId}-${spanId}-01`],
  ["zero trace id", `00-${"0".repeat(32)}-${spanId}-01`],
  ["zero span id", `00-${traceId}-${"0".repeat(16)}-01`],
  ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
  ["more after version 00", `00-${traceId}-${spanId}-01-x`],
  ["a missing field", `00-${traceId}-${spanId}`],
  ["a line break", `00-${traceId}-${spanId}-01\r\nx: y`],
] as const)("TEL5: %s is as if there were none", ([, value]) => {
  expect(parseTraceparent(value)).toBeUndefined();
});

test("TEL5: what is injected is what is extracted", () => {
  const hex = (length: number) =>
    fc
      .string({
        unit: fc.constantFrom(..."0123456789abcdef".split("")),
        minLength: length,
        maxLength: length,
      })
      .filter((each) => /[^0]/.test(each));
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
      const context = { traceId: trace, spanId: span, sampled };
      const headers: Record<string, string> = {};
      injectTrace(context, headers);
      expect(headers["traceparent"]).toBe(formatTraceparent(context));
      expect(extractTrace(headers)).toEqual(context);
    }),
  );
});

test("tracestate is passed on unless it is too long", () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  expect(extractTrace({ traceparent, tracestate: "a=1,b=2" })?.traceState).toBe("a=1,b=2");
  expect(extractTrace({ traceparent, tracestate: "a".repeat(600) })?.traceState).toBeUndefined();
});
