import fc from "fast-check";
import { expect, test } from "vitest";
import { cronIntervalMs, parseCron } from "../src/index.ts";

test.each([
  ["0 2 * * *", 24],
  ["0 */6 * * *", 6],
  ["30 * * * *", 1],
  ["0 0,1 * * *", 23],
  ["0 3 * * mon", 7 * 24],
  ["0 3 * * 1-5", 3 * 24],
  ["0 3 1 * *", 31 * 24],
  ["0 3 * * 0,7", 7 * 24],
])("%s runs at least every %i hours", (expression, hours) => {
  expect(cronIntervalMs(expression)).toBe(hours * 3_600_000);
});

test.each([
  ["", "1 fields"],
  ["* * * *", "4 fields"],
  ["60 * * * *", "minute"],
  ["* 24 * * *", "hour"],
  ["* * 0 * *", "day of month"],
  ["* * * 13 *", "month"],
  ["* * * * 8", "day of week"],
  ["5-1 * * * *", "minute"],
  ["*/0 * * * *", "minute"],
  ["a * * * *", "minute"],
  ["0 0 31 2 *", "no such day"],
])("%j is refused: %s", (expression, words) => {
  expect(parseCron(expression)).toContain(words);
});

test("every well-formed expression parses, and its interval is that of counting minutes", () => {
  const field = (max: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min: 0, max }).map(String),
      fc.integer({ min: 1, max }).map((step) => `*/${step}`),
    );
  fc.assert(
    fc.property(field(59), field(23), (minute, hour) => {
      const expression = `${minute} ${hour} * * *`;
      const cron = parseCron(expression);
      if (typeof cron === "string") expect.unreachable(cron);

      let gap = 0;
      let last = -1;
      for (let at = 0; at < 3 * 1440; at++) {
        if (!cron.minutes.has(at % 60) || !cron.hours.has(Math.floor(at / 60) % 24)) continue;
        if (last >= 0) gap = Math.max(gap, at - last);
        last = at;
      }
      expect(cronIntervalMs(expression)).toBe(gap * 60_000);
    }),
  );
});
