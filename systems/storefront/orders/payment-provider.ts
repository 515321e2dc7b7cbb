/**
 * The port to a payment provider.
 *
 * Every call carries the payment's id as idempotency key; a repeated call changes nothing and gives
 * the same answer. A call may fail without an answer: then nobody knows whether it was done, and
 * {@link PaymentProvider.find} tells.
 *
 * - PP1  One key is charged at most once, and refunded at most once.
 * - PP2  `void` of a key that the provider has never seen closes that key: a later `authorize` is
 *        answered `voided`.
 *
 * @module
 */
import type { Money } from "../common/money.ts";
import type { Card } from "./card.ts";
import type { ProviderStatus } from "./payment.ts";

export interface ProviderAnswer {
  readonly status: ProviderStatus;
  /** Why it was declined: a code such as `insufficient_funds`. */
  readonly reason?: string;
}

export interface Authorization {
  readonly key: string;
  readonly amount: Money;
  readonly card: Card;
}

/** Any method may reject with {@link PaymentProviderError}: the outcome is then not known. */
export interface PaymentProvider {
  /** Holds the amount on the card. */
  authorize(authorization: Authorization, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Takes what is held. */
  capture(key: string, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Lets go of what is held, or closes a key never seen (PP2). */
  void(key: string, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Gives back what was taken. */
  refund(key: string, signal: AbortSignal): Promise<ProviderAnswer>;
  /** What the provider knows about the key. Changes nothing. */
  find(key: string, signal: AbortSignal): Promise<ProviderAnswer>;
}
