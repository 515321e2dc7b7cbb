/**
 * A payment card on its way through: checked, passed to the provider, never stored, never logged.
 *
 * @module
 */
import { monthEndMs } from "../common/timestamp.ts";

export interface Card {
  /** Digits only, 12..19, the last one a Luhn check digit. */
  readonly number: string;
  /** 1..12. */
  readonly expiryMonth: number;
  /** Four digits. */
  readonly expiryYear: number;
  /** Three or four digits. */
  readonly cvc: string;
}

/** What may be kept of a card. */
export interface CardSummary {
  readonly brand: string;
  readonly last4: string;
}

/** True when the check digit fits (ISO/IEC 7812-1, annex B). */
export function fitsLuhn(digits: string): boolean {
  let total = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    total += doubled > 9 ? doubled - 9 : doubled;
  }
  return total % 10 === 0;
}

export function summarizeCard(card: Card): CardSummary {
  return { brand: brandOf(card.number), last4: card.number.slice(-4) };
}

/** Whether the card's last month has passed, in UTC. */
export function hasExpired(card: Card, nowMs: number): boolean {
  return monthEndMs(card.expiryYear, card.expiryMonth) <= nowMs;
}

function brandOf(number: string): string {
  if (number.startsWith("4")) return "visa";
  if (/^(5[1-5]|2[2-7])/.test(number)) return "mastercard";
  return /^3[47]/.test(number) ? "amex" : "card";
}
