/**
 * Records what the provider said about a payment, and what follows for its order.
 *
 * @module
 */

import { invariant } from "@ashlar/foundation";
import type { Transaction } from "@ashlar/postgres";
import { type ShopEventDraft, shopEvent } from "../common/shop-events.ts";
import { nextStatus, type Order, orderSubject } from "./order.ts";
import { lockOrder, updateOrder } from "./order-store.ts";
import { afterAnswer, orderActionAfter } from "./payment.ts";
import type { ProviderAnswer } from "./payment-provider.ts";
import { findPayment, lockPayment, type Payment, updatePayment } from "./payment-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

/**
 * Moves the payment by the state that it has now, not by the one that the caller saw: another
 * replica may have recorded something meanwhile. Returns the payment as it then is (PY3).
 */
export async function recordAnswer(
  runtime: OrdersRuntime,
  paymentId: string,
  answer: ProviderAnswer,
): Promise<Payment> {
  const seen = await findPayment(runtime.database, paymentId);
  invariant(seen !== undefined, "a payment is recorded before its provider is called");
  return runtime.database.transaction(async (tx) => {
    const order = await lockOrder(tx, seen.orderId);
    const payment = await lockPayment(tx, paymentId);
    invariant(order !== undefined && payment !== undefined, "orders and payments are kept");
    const status = afterAnswer(payment.status, answer.status);
    if (status === payment.status) return payment;
    const nowMs = runtime.environment.clock.wallMs();
    const reason = answer.reason ?? payment.reason;
    const next: Payment = { ...payment, status, reason, updatedAtMs: nowMs };
    await updatePayment(tx, next);
    const moved = await moveOrder(tx, { order, payment: next, nowMs });
    await runtime.events.write(tx, ...eventsAfter(next, order, moved));
    tx.onCommit(() => countOutcome(runtime, next));
    return next;
  });
}

/** What the payment's new state means for its order; false where it means nothing. */
async function moveOrder(
  tx: Transaction,
  after: { readonly order: Order; readonly payment: Payment; readonly nowMs: number },
): Promise<boolean> {
  const { order, payment, nowMs } = after;
  const action = orderActionAfter(payment.status);
  if (action === undefined || order.status !== "paying") return false;
  const status = nextStatus(order.status, action);
  await updateOrder(tx, { ...order, status, version: order.version + 1, updatedAtMs: nowMs });
  return true;
}

function eventsAfter(payment: Payment, order: Order, moved: boolean): readonly ShopEventDraft[] {
  const subject = orderSubject(order.id);
  const about = {
    orderId: order.id,
    userId: order.userId,
    number: order.number,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    paymentId: payment.id,
  };
  if (payment.status === "captured" && moved) {
    const lines = order.lines.map(({ productId: _productId, ...line }) => line);
    return [shopEvent("OrderPaid", subject, { data: { ...about, lines } })];
  }
  if ((payment.status === "declined" || payment.status === "voided") && moved) {
    const reason = payment.reason ?? "not_completed";
    const options = { occasion: payment.id, data: { ...about, reason } };
    return [shopEvent("PaymentDeclined", subject, options)];
  }
  if (payment.status === "refunded") {
    return [shopEvent("PaymentRefunded", subject, { occasion: payment.id, data: about })];
  }
  return [];
}

function countOutcome(runtime: OrdersRuntime, payment: Payment): void {
  const { status } = payment;
  if (status === "captured") runtime.count.action("pay");
  if (
    status === "captured" ||
    status === "declined" ||
    status === "voided" ||
    status === "refunded"
  ) {
    runtime.count.payment(status);
  }
}
