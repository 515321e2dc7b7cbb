/**
 * Products and orders as the API shows them.
 *
 * @module
 */
import * as z from "zod";
import { minorDigits } from "../common/money.ts";
import { isoTime, timeSchema } from "../common/wire.ts";
import {
  allowedActions,
  type Order,
  type OrderLine,
  type OrderStatus,
  orderStatuses,
  type RequestableAction,
  requestableActions,
} from "./order.ts";
import { type PaymentStatus, paymentStatuses } from "./payment.ts";
import type { Payment } from "./payment-store.ts";
import type { Product } from "./product.ts";

const productFields = {
  id: z.uuid(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  priceMinor: z.int().describe("In minor units: 1450 is 14.50."),
  currency: z.string(),
  active: z.boolean(),
  available: z.int().describe("Pieces that can be ordered now."),
  version: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
};

export interface ProductView {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly active: boolean;
  readonly available: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const productSchema: z.ZodType<ProductView> = z.object(productFields);

export function productView(product: Product): ProductView {
  return {
    id: product.id,
    sku: product.sku,
    name: product.name,
    description: product.description,
    priceMinor: product.priceMinor,
    currency: product.currency,
    active: product.active,
    available: product.available,
    version: product.version,
    createdAt: isoTime(product.createdAtMs),
    updatedAt: isoTime(product.updatedAtMs),
  };
}

/** A product with the pieces promised to orders; for staff. */
export interface StockView extends ProductView {
  readonly reserved: number;
}

export const stockSchema: z.ZodType<StockView> = z.object({ ...productFields, reserved: z.int() });

export function stockView(product: Product): StockView {
  return { ...productView(product), reserved: product.reserved };
}

/** The currencies in which prices may be given. */
export const currencySchema: z.ZodEnum<Record<string, string>> = z.enum(
  Object.fromEntries(Object.keys(minorDigits).map((each) => [each, each])),
);

const lineSchema = z.object({
  productId: z.uuid(),
  sku: z.string(),
  name: z.string(),
  unitPriceMinor: z.int(),
  quantity: z.int(),
});

const orderFields = {
  id: z.uuid(),
  number: z.string().describe("What people say on the telephone."),
  userId: z.uuid(),
  status: z.enum(orderStatuses),
  allowedActions: z.array(z.enum(requestableActions)).readonly(),
  currency: z.string(),
  totalMinor: z.int(),
  lines: z.array(lineSchema).readonly(),
  payBefore: timeSchema,
  carrier: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  cancelReason: z.string().nullable(),
  version: z.int(),
  placedAt: timeSchema,
  updatedAt: timeSchema,
};

export interface OrderView {
  readonly id: string;
  readonly number: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly allowedActions: readonly RequestableAction[];
  readonly currency: string;
  readonly totalMinor: number;
  readonly lines: readonly OrderLine[];
  readonly payBefore: string;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly cancelReason: string | null;
  readonly version: number;
  readonly placedAt: string;
  readonly updatedAt: string;
}

export const orderSchema: z.ZodType<OrderView> = z.object(orderFields);

export function orderView(order: Order): OrderView {
  return {
    id: order.id,
    number: order.number,
    userId: order.userId,
    status: order.status,
    allowedActions: allowedActions(order.status),
    currency: order.currency,
    totalMinor: order.totalMinor,
    lines: order.lines,
    payBefore: isoTime(order.payBeforeMs),
    carrier: order.carrier,
    trackingNumber: order.trackingNumber,
    cancelReason: order.cancelReason,
    version: order.version,
    placedAt: isoTime(order.placedAtMs),
    updatedAt: isoTime(order.updatedAtMs),
  };
}

interface PaymentView {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly amountMinor: number;
  readonly currency: string;
  readonly card: { readonly brand: string; readonly last4: string };
  readonly reason: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const paymentSchema: z.ZodType<PaymentView> = z.object({
  id: z.uuid(),
  status: z.enum(paymentStatuses),
  amountMinor: z.int(),
  currency: z.string(),
  card: z.object({ brand: z.string(), last4: z.string() }),
  reason: z.string().nullable().describe("Why it was declined or given up."),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});

function paymentView(payment: Payment): PaymentView {
  return {
    id: payment.id,
    status: payment.status,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    card: { brand: payment.cardBrand, last4: payment.cardLast4 },
    reason: payment.reason,
    createdAt: isoTime(payment.createdAtMs),
    updatedAt: isoTime(payment.updatedAtMs),
  };
}

/** An order with its attempts to pay, oldest first. */
export interface OrderDetailView extends OrderView {
  readonly payments: readonly PaymentView[];
}

export const orderDetailSchema: z.ZodType<OrderDetailView> = z.object({
  ...orderFields,
  payments: z.array(paymentSchema).readonly(),
});

export function orderDetailView(order: Order, payments: readonly Payment[]): OrderDetailView {
  return { ...orderView(order), payments: payments.map(paymentView) };
}

/** A card on its way to the provider. */
export const cardSchema: z.ZodObject<{
  readonly number: z.ZodString;
  readonly expiryMonth: z.ZodInt;
  readonly expiryYear: z.ZodInt;
  readonly cvc: z.ZodString;
}> = z.object({
  number: z.string().regex(/^[0-9]{12,19}$/, "is 12 to 19 digits"),
  expiryMonth: z.int().min(1).max(12),
  expiryYear: z.int().min(2000).max(2100),
  cvc: z.string().regex(/^[0-9]{3,4}$/, "is 3 or 4 digits"),
});
