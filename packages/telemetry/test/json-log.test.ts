import type { LogFields } from "@ashlar/foundation";
import { SimulatedClock } from "@ashlar/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLog, lineBytesMax, type ProgramLog } from "../src/json-log.ts";

interface Recorded {
  readonly log: ProgramLog;
  readonly lines: string[];
  cuts: number;
}

function recordedLog(context: () => LogFields = () => ({})): Recorded {
  const lines: string[] = [];
  const recorded: Recorded = {
    lines,
    cuts: 0,
    log: jsonLog({
      part: "users",
      instance: "users-0",
      level: "info",
      clock: new SimulatedClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
      write: (line) => void lines.push(line),
      context,
      onCut: () => {
        recorded.cuts++;
      },
    }),
  };
  return recorded;
}

function parsed(lines: readonly string[]): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("a line has time, level, part, instance, text and its fields", () => {
  const { log, lines } = recordedLog();
  log.with({ order: "7" }).warn("order late", { minutes: 5 });
  expect(lines[0]?.endsWith("\n")).toBe(true);
  expect(parsed(lines)).toEqual([
    {
      time: "2026-01-02T03:04:05.006Z",
      level: "warn",
      part: "users",
      instance: "users-0",
      order: "7",
      minutes: 5,
      text: "order late",
    },
  ]);
});

test("lines below the level are not written", () => {
  const { log, lines } = recordedLog();
  log.debug("hidden");
  log.info("shown");
  log.fatal("last words");
  expect(parsed(lines).map((each) => each["level"])).toEqual(["info", "fatal"]);
});

test("TEL7: a line carries what the context says at the moment of writing", () => {
  let traceId = "a".repeat(32);
  const { log, lines } = recordedLog(() => ({ traceId }));
  const bound = log.with({ of: "request" });
  bound.info("one");
  traceId = "b".repeat(32);
  bound.info("two");
  expect(parsed(lines).map((each) => each["traceId"])).toEqual(["a".repeat(32), "b".repeat(32)]);
});

test("a field cannot take the place of the line's own names", () => {
  const { log, lines } = recordedLog();
  log.info("real", { text: "forged", level: "error", part: "other", time: 0 });
  expect(parsed(lines)[0]).toMatchObject({
    text: "real",
    level: "info",
    part: "users",
    text_: "forged",
    level_: "error",
    part_: "other",
  });
});

test("TEL6: whatever is logged, a line is one bounded JSON object", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.anything(), (text, value) => {
      const { log, lines } = recordedLog();
      log.info(text, { value });
      expect(lines).toHaveLength(1);
      const [line = ""] = lines;
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(lineBytesMax);
      expect(parsed(lines)[0]?.["part"]).toBe("users");
    }),
  );
});

test("TEL6: a line that escaping makes too long is cut, says so, and is counted", () => {
  const recorded = recordedLog();
  const controls = Object.fromEntries(
    Array.from({ length: 8 }, (_, at) => [`field${at}`, "\u0001".repeat(8_000)]),
  );
  recorded.log.info("binary", { ...controls, order: "7" });
  const [line = ""] = recorded.lines;
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(lineBytesMax);
  expect(parsed([line])[0]).toMatchObject({ text: "binary", cutBytes: expect.any(Number) });
  expect(recorded.cuts).toBe(1);
});
