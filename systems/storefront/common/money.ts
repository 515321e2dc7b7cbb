/**
 * Amounts of money: integer minor units (cents) and an ISO 4217 currency. Never a fraction.
 *
 * - SM1  An amount is a safe integer of minor units; sums are checked, not rounded.
 * - SM2  Amounts of different currencies never meet in one sum.
 *
 * @module
 */
import { MoneyError } from "./errors.ts";

/** ISO 4217 code, upper case. */
type Currency = string;

export interface Money {
  readonly amountMinor: number;
  readonly currency: Currency;
}

/** The currencies in which products may be priced, with the digits of their minor unit. */
export const minorDigits: Readonly<Record<string, number>> = {
  CHF: 2,
  EUR: 2,
  GBP: 2,
  JPY: 0,
  SEK: 2,
  USD: 2,
};

/** @throws {MoneyError} when the product leaves the safe integers (SM1). */
export function multiply(price: Money, count: number): Money {
  return checked(price.amountMinor * count, price.currency);
}

/** @throws {MoneyError} for an empty list, mixed currencies (SM2), or an unsafe sum (SM1). */
export function sum(amounts: readonly Money[]): Money {
  const [first, ...rest] = amounts;
  if (first === undefined) throw new MoneyError("a sum needs at least one amount");
  let total = first.amountMinor;
  for (const each of rest) {
    if (each.currency !== first.currency) {
      throw new MoneyError(`${each.currency} cannot be added to ${first.currency}`);
    }
    total = checked(total + each.amountMinor, first.currency).amountMinor;
  }
  return checked(total, first.currency);
}

/** For people: `€12.50` in English, `12,50 €` in German. */
export function formatMoney(money: Money, locale: string): string {
  const digits = minorDigits[money.currency] ?? 2;
  return new Intl.NumberFormat(locale, { style: "currency", currency: money.currency }).format(
    money.amountMinor / 10 ** digits,
  );
}

function checked(amountMinor: number, currency: Currency): Money {
  if (!Number.isSafeInteger(amountMinor)) {
    throw new MoneyError(`${amountMinor} ${currency} is not a safe integer of minor units`);
  }
  return { amountMinor, currency };
}
