import { expect, test } from "vitest";
import { fitsLuhn, hasExpired, summarizeCard } from "../card.ts";
import { testCards } from "../sandbox-payment-provider.ts";

const card = { number: testCards.approved, expiryMonth: 11, expiryYear: 2030, cvc: "123" };

test("every test card has a fitting check digit; one changed digit does not", () => {
  for (const number of Object.values(testCards)) expect(fitsLuhn(number), number).toBe(true);
  expect(fitsLuhn("4242424242424241")).toBe(false);
});

test("a card is good until the end of its month", () => {
  expect(hasExpired(card, Date.UTC(2030, 10, 30, 23, 59))).toBe(false);
  expect(hasExpired(card, Date.UTC(2030, 11, 1))).toBe(true);
});

test("PY4: only brand and last four digits are kept", () => {
  expect(summarizeCard(card)).toEqual({ brand: "visa", last4: "4242" });
});
