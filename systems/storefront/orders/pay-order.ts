/**
 * Paying for an order.
 *
 * The payment is recorded before the provider is called, and every answer in a transaction of its
 * own. A process that dies between two steps leaves a payment whose lease runs out; the reconciler
 * then asks the provider what happened to its key and goes on from there.
 *
 * - PY1  An order has at most one living payment: a unique index refuses a second.
 * - PY2  The customer is charged at most once for an order, whatever dies when: PY1, the state
 *        machine (PA1, PA2) and the provider's idempotency key (PP1) hold together.
 * - PY3  An order is `paid` if and only if its payment is `captured`, in one transaction.
 * - PY4  No card is stored or logged; the reconciler never needs one.
 *
 * @module
 */
import { describeError, invariant } from "@ashlar/foundation";
import type { Transaction } from "@ashlar/postgres";
import { brokenConstraint } from "../common/constraint.ts";
import { withDeadline } from "../common/deadline.ts";
import { type Card, fitsLuhn, hasExpired, summarizeCard } from "./card.ts";
import {
  CardInvalidError,
  OrderUnknownError,
  PaymentDeclinedError,
  PaymentInProgressError,
  PaymentTooLateError,
} from "./errors.ts";
import { nextStatus, type Order } from "./order.ts";
import { findOrder, lockOrder, updateOrder } from "./order-store.ts";
import { isSettled, nextStep, type PaymentStep } from "./payment.ts";
import type { ProviderAnswer } from "./payment-provider.ts";
import { recordAnswer } from "./payment-record.ts";
import { endLease, findPaymentByClientKey, insertPayment, type Payment } from "./payment-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

/** Calls to the provider for one payment in one go; PA4 needs three. */
const stepsMax = 5;

export interface PaymentWanted {
  readonly orderId: string;
  readonly userId: string;
  readonly card: Card;
  /** What the client names this attempt: repeating it gives the same answer and pays nothing. */
  readonly clientKey: string | undefined;
  readonly signal: AbortSignal;
}

export interface PaymentResult {
  readonly order: Order;
  readonly payment: Payment;
}

/**
 * Starts a payment and takes it as far as the provider answers. The result's payment is `captured`,
 * or unsettled where the provider did not answer: the reconciler finishes it.
 *
 * @throws {PaymentDeclinedError} {@link OrderUnknownError} {@link OrderActionRefusedError}
 *   {@link PaymentInProgressError} {@link PaymentTooLateError} {@link CardInvalidError}
 */
export async function payOrder(
  runtime: OrdersRuntime,
  wanted: PaymentWanted,
): Promise<PaymentResult> {
  requireUsable(wanted.card, runtime.environment.clock.wallMs());
  const { order, payment, repeated } = await startPayment(runtime, wanted);
  const { card, signal } = wanted;
  if (repeated) return answerFor(runtime, order, payment);
  const amount = { amountMinor: payment.amountMinor, currency: payment.currency };
  const authorized = await ask(runtime, payment, signal, (limited) =>
    runtime.provider.authorize({ key: payment.id, amount, card }, limited),
  );
  const settled =
    authorized === undefined ? payment : await advancePayment(runtime, authorized, signal);
  return answerFor(runtime, order, settled);
}

/** @throws {PaymentDeclinedError} */
async function answerFor(
  runtime: OrdersRuntime,
  order: Order,
  payment: Payment,
): Promise<PaymentResult> {
  if (payment.status === "declined" || payment.status === "voided") {
    throw new PaymentDeclinedError(payment.reason ?? "not_completed", payment.id);
  }
  return { order: (await findOrder(runtime.database, order.id)) ?? order, payment };
}

/** Makes the safe next calls until the payment is settled or the provider does not answer. */
export async function advancePayment(
  runtime: OrdersRuntime,
  payment: Payment,
  signal: AbortSignal,
): Promise<Payment> {
  let held = payment;
  for (let step = 0; step < stepsMax && !isSettled(held.status); step += 1) {
    const call = nextStep(held.status);
    const next = await ask(runtime, held, signal, (limited) => make(runtime, call, held, limited));
    if (next === undefined) return held;
    held = next;
  }
  return held;
}

function make(
  runtime: OrdersRuntime,
  step: PaymentStep,
  payment: Payment,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  invariant(step !== null, "a settled payment has no next step");
  return runtime.provider[step](payment.id, signal);
}

/** One call to the provider and the record of its answer; undefined where there was none. */
async function ask(
  runtime: OrdersRuntime,
  payment: Payment,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<ProviderAnswer>,
): Promise<Payment | undefined> {
  const { clock } = runtime.environment;
  let answer: ProviderAnswer;
  try {
    answer = await withDeadline({ clock, limitMs: runtime.config.paymentTimeoutMs, signal }, call);
  } catch (error) {
    runtime.count.payment("timeout");
    runtime.log.warn("payment provider did not answer", {
      code: "PAYMENT_TIMEOUT",
      paymentId: payment.id,
      orderId: payment.orderId,
      status: payment.status,
      error: describeError(error),
    });
    await endLease(runtime.database, payment.id, clock.wallMs());
    return undefined;
  }
  return recordAnswer(runtime, payment.id, answer);
}

interface Started extends PaymentResult {
  /** The client has named this attempt before: it is under way or settled already. */
  readonly repeated: boolean;
}

async function startPayment(runtime: OrdersRuntime, wanted: PaymentWanted): Promise<Started> {
  const { clock, entropy } = runtime.environment;
  const id = entropy.uuid();
  try {
    return await runtime.database.transaction(async (tx) => {
      const order = await lockOrder(tx, wanted.orderId);
      if (order === undefined || order.userId !== wanted.userId) throw new OrderUnknownError();
      const before = await namedBefore(tx, wanted);
      if (before !== undefined) return { order, payment: before, repeated: true };
      if (order.status === "paying") throw new PaymentInProgressError();
      const status = nextStatus(order.status, "pay");
      const nowMs = clock.wallMs();
      if (nowMs >= order.payBeforeMs) throw new PaymentTooLateError();
      const paying = { ...order, status, version: order.version + 1, updatedAtMs: nowMs };
      const card = summarizeCard(wanted.card);
      const payment: Payment = {
        id,
        orderId: order.id,
        status: "authorizing",
        amountMinor: order.totalMinor,
        currency: order.currency,
        cardBrand: card.brand,
        cardLast4: card.last4,
        reason: null,
        clientKey: wanted.clientKey ?? null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      await updateOrder(tx, paying);
      await insertPayment(tx, payment, nowMs + runtime.config.paymentLeaseMs);
      return { order: paying, payment, repeated: false };
    });
  } catch (error) {
    if (brokenConstraint(error) === "payments_one_live") throw new PaymentInProgressError(); // PY1
    throw error;
  }
}

/** The attempt that the client named so before; the order's lock makes this safe against a race. */
async function namedBefore(tx: Transaction, wanted: PaymentWanted): Promise<Payment | undefined> {
  if (wanted.clientKey === undefined) return undefined;
  return findPaymentByClientKey(tx, wanted.orderId, wanted.clientKey);
}

function requireUsable(card: Card, nowMs: number): void {
  if (!fitsLuhn(card.number)) throw new CardInvalidError("has digits that do not fit together");
  if (hasExpired(card, nowMs)) throw new CardInvalidError("has expired");
}
