import type { LogLine } from "@ashlar/local";
import { expect, test } from "vitest";
import { renderLogLine } from "../src/render/log-lines.ts";
import { createStyle } from "../src/render/style.ts";

const line: LogLine = {
  time: new Date(2026, 10, 21, 9, 5, 7, 30).toISOString(),
  part: "orders",
  replica: 0,
  instance: "orders-0",
  stream: "stdout",
  level: "warn",
  text: "payment timed out",
  fields: { order: "o-1", note: "two words", amount: 1200, traceId: "ab12", instance: "orders-0" },
};

test("a log line shows time, instance, level, text and fields", () => {
  expect(renderLogLine(line, createStyle(false), 10)).toBe(
    '09:05:07.030 orders-0   warn  payment timed out  order=o-1 note="two words" amount=1200',
  );
});

test("a time that is none is shown as it is", () => {
  const text = renderLogLine({ ...line, time: "yesterday", fields: {} }, createStyle(false), 8);
  expect(text).toBe("yesterday orders-0 warn  payment timed out");
});
