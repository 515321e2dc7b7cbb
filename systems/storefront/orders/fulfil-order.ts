/**
 * What happens to an order beside its payment: shipped, delivered, cancelled, expired.
 *
 * - FO1  The order's new state, its stock and its event are one transaction: all or none.
 * - FO2  Repeating an action is refused by the state machine, so stock never moves twice (and ST3
 *        would hold it).
 *
 * @module
 */
import type { Transaction } from "@ashlar/postgres";
import { isStaff, type Principal } from "../common/principal.ts";
import { shopEvent } from "../common/shop-events.ts";
import { OrderUnknownError, PaymentInProgressError } from "./errors.ts";
import { release, shipOut } from "./inventory.ts";
import { nextStatus, type Order, type OrderAction, orderSubject } from "./order.ts";
import { lockExpired, lockOrder, updateOrder } from "./order-store.ts";
import { advancePayment } from "./pay-order.ts";
import { lockCaptured, type Payment, updatePayment } from "./payment-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

export interface Shipment {
  readonly orderId: string;
  readonly carrier: string;
  readonly trackingNumber: string;
}

/** Staff only; the route sees to that. @throws {OrderUnknownError} {@link OrderActionRefusedError} */
export function shipOrder(runtime: OrdersRuntime, shipment: Shipment): Promise<Order> {
  const { carrier, trackingNumber } = shipment;
  return runtime.database.transaction(async (tx) => {
    const order = await lockOrder(tx, shipment.orderId);
    if (order === undefined) throw new OrderUnknownError();
    const shipped = { ...moved(runtime, order, "ship"), carrier, trackingNumber };
    await shipOut(tx, order.lines, { orderId: order.id, nowMs: shipped.updatedAtMs });
    await updateOrder(tx, shipped);
    const data = { ...about(order), carrier, trackingNumber };
    await runtime.events.write(tx, shopEvent("OrderShipped", orderSubject(order.id), { data }));
    tx.onCommit(() => runtime.count.action("ship"));
    return shipped;
  });
}

/** Staff only; the route sees to that. @throws {OrderUnknownError} {@link OrderActionRefusedError} */
export function deliverOrder(runtime: OrdersRuntime, orderId: string): Promise<Order> {
  return runtime.database.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (order === undefined) throw new OrderUnknownError();
    const delivered = moved(runtime, order, "deliver");
    await updateOrder(tx, delivered);
    const data = about(order);
    await runtime.events.write(tx, shopEvent("OrderDelivered", orderSubject(order.id), { data }));
    tx.onCommit(() => runtime.count.action("deliver"));
    return delivered;
  });
}

export interface Cancellation {
  readonly orderId: string;
  readonly principal: Principal;
  readonly reason: string;
  readonly signal: AbortSignal;
}

/**
 * Cancels an order, gives its stock back, and has the money given back where it was paid. The
 * refund is recorded in the same transaction and made afterwards; the reconciler makes it if this
 * process does not.
 *
 * @throws {OrderUnknownError} {@link OrderActionRefusedError} {@link PaymentInProgressError}
 */
export async function cancelOrder(runtime: OrdersRuntime, wanted: Cancellation): Promise<Order> {
  const { order, refund } = await runtime.database.transaction((tx) => cancel(runtime, tx, wanted));
  if (refund !== undefined) await advancePayment(runtime, refund, wanted.signal);
  return order;
}

async function cancel(
  runtime: OrdersRuntime,
  tx: Transaction,
  wanted: Cancellation,
): Promise<{ readonly order: Order; readonly refund: Payment | undefined }> {
  const { principal, reason } = wanted;
  const order = await lockOrder(tx, wanted.orderId);
  const visible = order !== undefined && (isStaff(principal) || order.userId === principal.userId);
  if (!visible) throw new OrderUnknownError();
  if (order.status === "paying") throw new PaymentInProgressError(); // OR4
  const cancelled: Order = { ...moved(runtime, order, "cancel"), cancelReason: reason };
  const nowMs = cancelled.updatedAtMs;
  const captured = await lockCaptured(tx, order.id);
  const refund =
    captured && ({ ...captured, status: "refunding", updatedAtMs: nowMs } satisfies Payment);
  if (refund !== undefined) await updatePayment(tx, refund);
  await release(tx, order.lines, { orderId: order.id, nowMs });
  await updateOrder(tx, cancelled);
  const data = { ...about(order), ...amount(order), reason, refunded: refund !== undefined };
  await runtime.events.write(tx, shopEvent("OrderCancelled", orderSubject(order.id), { data }));
  tx.onCommit(() => runtime.count.action("cancel"));
  return { order: cancelled, refund };
}

/**
 * Lets go of orders whose time to pay has passed, each in a transaction of its own: two orders in
 * one would lock stock out of order (ST4). Returns how many.
 */
export async function expireOrders(runtime: OrdersRuntime, limit: number): Promise<number> {
  let expired = 0;
  while (expired < limit && (await expireOne(runtime))) expired += 1;
  return expired;
}

function expireOne(runtime: OrdersRuntime): Promise<boolean> {
  return runtime.database.transaction(async (tx) => {
    const [order] = await lockExpired(tx, runtime.environment.clock.wallMs(), 1);
    if (order === undefined) return false;
    const expired = moved(runtime, order, "expire");
    await release(tx, order.lines, { orderId: order.id, nowMs: expired.updatedAtMs });
    await updateOrder(tx, expired);
    const data = about(order);
    await runtime.events.write(tx, shopEvent("OrderExpired", orderSubject(order.id), { data }));
    tx.onCommit(() => runtime.count.action("expire"));
    return true;
  });
}

function moved(runtime: OrdersRuntime, order: Order, action: OrderAction): Order {
  const status = nextStatus(order.status, action);
  const updatedAtMs = runtime.environment.clock.wallMs();
  return { ...order, status, version: order.version + 1, updatedAtMs };
}

function about(order: Order): { orderId: string; userId: string; number: string } {
  return { orderId: order.id, userId: order.userId, number: order.number };
}

function amount(order: Order): { amountMinor: number; currency: string } {
  return { amountMinor: order.totalMinor, currency: order.currency };
}
