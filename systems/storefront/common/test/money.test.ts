import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MoneyError } from "../errors.ts";
import { formatMoney, multiply, sum } from "../money.ts";

const eur = (amountMinor: number): { amountMinor: number; currency: string } => ({
  amountMinor,
  currency: "EUR",
});

test("SM1: a sum equals the sum in exact integers, or is refused", () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 20 }), (amounts) => {
      const exact = amounts.reduce((total, each) => total + BigInt(each), 0n);
      if (exact > BigInt(Number.MAX_SAFE_INTEGER)) {
        expect(() => sum(amounts.map(eur))).toThrow(MoneyError);
      } else {
        expect(BigInt(sum(amounts.map(eur)).amountMinor)).toBe(exact);
      }
    }),
  );
});

test("SM1: a product that leaves the safe integers is refused", () => {
  expect(multiply(eur(1450), 3)).toEqual(eur(4350));
  expect(() => multiply(eur(Number.MAX_SAFE_INTEGER), 2)).toThrow(MoneyError);
});

test("SM2: currencies do not mix", () => {
  expect(() => sum([eur(1), { amountMinor: 1, currency: "USD" }])).toThrow(/USD cannot be added/);
});

test.for([
  [eur(1450), "en", "€14.50"],
  [eur(1450), "de", "14,50\u00a0€"],
  [{ amountMinor: 1450, currency: "JPY" }, "en", "¥1,450"],
] as const)("%j in %s is %s", ([money, locale, text]) => {
  expect(formatMoney(money, locale)).toBe(text);
});
