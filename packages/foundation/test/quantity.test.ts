import {
  parseCpuMillicores,
  parseDurationMs,
  parseSizeBytes,
  QuantityError,
} from "@ashlar/foundation";
import fc from "fast-check";
import { expect, test } from "vitest";

test.for([
  ["250ms", 250],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
] as const)("the duration %s is %i ms", ([text, ms]) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.for([
  ["64Ki", 65_536],
  ["512Mi", 536_870_912],
  ["1.5Gi", 1_610_612_736],
  ["10", 10],
] as const)("the size %s is %i bytes", ([text, bytes]) => {
  expect(parseSizeBytes(text)).toBe(bytes);
});

test.for([
  ["250m", 250],
  ["2", 2_000],
  ["0.5", 500],
] as const)("the share %s is %i millicores", ([text, millicores]) => {
  expect(parseCpuMillicores(text)).toBe(millicores);
});

test.for([
  () => parseDurationMs("30"),
  () => parseDurationMs("-1s"),
  () => parseDurationMs("1s "),
  () => parseDurationMs("1e3s"),
  () => parseSizeBytes("1GB"),
  () => parseSizeBytes(""),
  () => parseCpuMillicores("2 cores"),
])("other text is refused and named, case %#", (parse) => {
  expect(parse).toThrow(QuantityError);
});

test("no text makes a parser return anything but a finite, non-negative integer", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseDurationMs, parseSizeBytes, parseCpuMillicores]) {
        try {
          const value = parse(text);
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(QuantityError);
        }
      }
    }),
  );
});
