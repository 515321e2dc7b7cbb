/**
 * An order and the way it may go.
 *
 * - OR1  The table below is total: every state names, for every action, the next state or a refusal.
 * - OR2  Stock is reserved exactly in `placed`, `paying` and `paid`; `shipped` and `delivered` have
 *        taken it away, `cancelled` and `expired` have given it back.
 * - OR3  `delivered`, `cancelled` and `expired` are final.
 * - OR4  An order in `paying` can be neither cancelled nor expired: money may be moving.
 *
 * @module
 */
import { OrderActionRefusedError } from "./errors.ts";

export const orderStatuses = [
  "placed",
  "paying",
  "paid",
  "shipped",
  "delivered",
  "cancelled",
  "expired",
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** What people ask for (`pay` … `cancel`) and what happens by itself. */
export const orderActions = [
  "pay",
  "ship",
  "deliver",
  "cancel",
  "paymentCaptured",
  "paymentFailed",
  "expire",
] as const;
export type OrderAction = (typeof orderActions)[number];

/** Actions that a person may ask for, in the order in which they are offered. */
export const requestableActions = ["pay", "ship", "deliver", "cancel"] as const;
export type RequestableAction = (typeof requestableActions)[number];

export interface OrderLine {
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly unitPriceMinor: number;
  readonly quantity: number;
}

export interface Order {
  readonly id: string;
  /** What people say on the telephone: `SF-100001`. */
  readonly number: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly totalMinor: number;
  /** In the order in which they were asked for; at least one. */
  readonly lines: readonly OrderLine[];
  readonly payBeforeMs: number;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly cancelReason: string | null;
  readonly version: number;
  readonly placedAtMs: number;
  readonly updatedAtMs: number;
}

/** The subject of an order's events. */
export function orderSubject(orderId: string): string {
  return `order/${orderId}`;
}

const refused: Readonly<Record<OrderAction, null>> = {
  pay: null,
  ship: null,
  deliver: null,
  cancel: null,
  paymentCaptured: null,
  paymentFailed: null,
  expire: null,
};

/** OR1. `null`: refused. */
export const orderTransitions: Readonly<
  Record<OrderStatus, Readonly<Record<OrderAction, OrderStatus | null>>>
> = {
  placed: { ...refused, pay: "paying", cancel: "cancelled", expire: "expired" },
  paying: { ...refused, paymentCaptured: "paid", paymentFailed: "placed" },
  paid: { ...refused, ship: "shipped", cancel: "cancelled" },
  shipped: { ...refused, deliver: "delivered" },
  delivered: refused,
  cancelled: refused,
  expired: refused,
};

/** The state after `action`. @throws {OrderActionRefusedError} naming what is allowed instead. */
export function nextStatus(status: OrderStatus, action: OrderAction): OrderStatus {
  const next = orderTransitions[status][action];
  if (next === null) throw new OrderActionRefusedError(action, status, allowedActions(status));
  return next;
}

/** What a person may ask for in this state. */
export function allowedActions(status: OrderStatus): readonly RequestableAction[] {
  return requestableActions.filter((action) => orderTransitions[status][action] !== null);
}

/** Whether the order's stock is set aside for it (OR2). */
export function holdsStock(status: OrderStatus): boolean {
  return status === "placed" || status === "paying" || status === "paid";
}
