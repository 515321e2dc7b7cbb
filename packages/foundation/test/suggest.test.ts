import { backoffMs, editDistance, suggest } from "@ashlar/foundation";
import fc from "fast-check";
import { expect, test } from "vitest";

test.for([
  ["ledgre", "ledger"],
  ["order", "orders"],
  ["Users", "users"],
] as const)("%s suggests %s", ([name, expected]) => {
  expect(suggest(name, ["ledger", "orders", "users"])).toBe(expected);
});

test("a name unlike any other suggests nothing", () => {
  expect(suggest("payments", ["ledger", "orders"])).toBeUndefined();
});

test("edit distance is a metric but for swapped neighbours, which cost one", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
  expect(editDistance("ledgre", "ledger")).toBe(1);
});

test("a back-off grows, stays within its cap, and never falls under half of its ceiling", () => {
  const attempt = fc.integer({ min: 1, max: 60 });
  const fraction = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(attempt, fraction, (n, random) => {
      const wait = backoffMs({ initialMs: 100, maxMs: 5_000 }, n, random);
      const ceiling = Math.min(5_000, 100 * 2 ** (n - 1));
      expect(wait).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
      expect(wait).toBeLessThanOrEqual(ceiling);
    }),
  );
});
