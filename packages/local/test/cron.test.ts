import fc from "fast-check";
import { expect, test } from "vitest";
import { nextRunMs, parseSchedule } from "../src/cron.ts";

const at = (text: string): number => Date.parse(text);

test.for([
  ["*/15 * * * *", "2026-11-21T05:50:32Z", "2026-11-21T06:00:00Z"],
  ["0 3 * * *", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"],
  ["30 9-17/4 * * mon-fri", "2026-11-21T05:50:32Z", "2026-11-23T09:30:00Z"],
  ["0 0 1 jan *", "2026-11-21T05:50:32Z", "2027-01-01T00:00:00Z"],
  ["0 0 29 2 *", "2026-11-21T05:50:32Z", "2028-02-29T00:00:00Z"],
  ["0 12 13 * 5", "2026-11-21T05:50:32Z", "2026-11-27T12:00:00Z"], // either day field
  ["5,10 6 * * 7", "2026-11-21T05:50:32Z", "2026-11-22T06:05:00Z"], // 7 is Sunday
  ["@weekly", "2026-11-21T05:50:32Z", "2026-11-22T00:00:00Z"],
  ["50/5 * * * *", "2026-11-21T05:50:32Z", "2026-11-21T05:55:00Z"],
])("LCR1: %s after %s is %s", ([schedule = "", after = "", next = ""]) => {
  expect(nextRunMs(parseSchedule(schedule), at(after))).toBe(at(next));
});

test("a schedule that never comes has no next run", () => {
  expect(nextRunMs(parseSchedule("0 0 30 2 *"), at("2026-11-21T05:50:32Z"))).toBeUndefined();
});

test.for([
  ["* * * *", "it has 4 fields instead of five"],
  ["60 * * * *", '"60" is no minute (0 to 59)'],
  ["* 5-3 * * *", '"5-3" is no hour (0 to 23)'],
  ["* * 0 * *", '"0" is no day of the month (1 to 31)'],
  ["* * * foo *", '"foo" is no month (1 to 12)'],
  ["*/0 * * * *", '"*/0" is no minute (0 to 59)'],
  ["* * * * 8", '"8" is no day of the week (0 to 7)'],
])("%s is refused: %s", ([schedule = "", reason = ""]) => {
  expect(() => parseSchedule(schedule)).toThrow(reason);
});

test("LCR1: the next run is the first matching minute, as found by looking at every minute", () => {
  const value = (min: number, max: number): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("*") },
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
    );
  const schedule = fc.tuple(
    value(0, 59),
    value(0, 23),
    value(1, 28),
    fc.constant("*"),
    value(0, 7),
  );
  const start = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") });
  fc.assert(
    fc.property(schedule, start, (fields, afterMs) => {
      const parsed = parseSchedule(fields.join(" "));
      const next = nextRunMs(parsed, afterMs) ?? 0;
      expect(next).toBeGreaterThan(afterMs);
      for (let t = Math.floor(afterMs / 60_000) * 60_000 + 60_000; t < next; t += 60_000) {
        const date = new Date(t);
        const day = parsed.days.has(date.getUTCDate());
        const weekday = parsed.weekdays.has(date.getUTCDay());
        const matches =
          parsed.minutes.has(date.getUTCMinutes()) &&
          parsed.hours.has(date.getUTCHours()) &&
          parsed.months.has(date.getUTCMonth() + 1) &&
          (parsed.eitherDay ? day || weekday : day && weekday);
        expect(matches).toBe(false);
      }
    }),
    { numRuns: 12 },
  );
});
