/**
 * Placing an order: prices are taken from the catalogue, stock is set aside, and the event is
 * written, all in one transaction.
 *
 * @module
 */

import type { Transaction } from "@ashlar/postgres";
import { type Money, multiply, sum } from "../common/money.ts";
import { shopEvent } from "../common/shop-events.ts";
import { timestamp } from "../common/timestamp.ts";
import {
  CurrenciesMixedError,
  OrderTooLargeError,
  ProductUnknownError,
  StockShortError,
} from "./errors.ts";
import { type Quantity, reserve } from "./inventory.ts";
import { type Order, type OrderLine, orderSubject } from "./order.ts";
import { insertOrder } from "./order-store.ts";
import type { Product } from "./product.ts";
import { findProducts } from "./product-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

/** What can be charged at once, in minor units. */
export const totalMinorMax = 99_999_999_99;

export interface OrderWanted {
  readonly userId: string;
  /** At least one; a product that is named twice counts together. */
  readonly items: readonly Quantity[];
}

/**
 * Places an order in the caller's transaction.
 *
 * @throws {ProductUnknownError} {@link StockShortError} {@link CurrenciesMixedError} {@link OrderTooLargeError}
 */
export async function placeOrder(
  runtime: OrdersRuntime,
  tx: Transaction,
  wanted: OrderWanted,
): Promise<Order> {
  const { clock, entropy } = runtime.environment;
  const nowMs = clock.wallMs();
  const items = merge(wanted.items);
  const lines = await price(tx, items);
  const total = totalOf(lines);
  const id = entropy.uuid();
  await setAside(runtime, tx, { items, orderId: id, nowMs });
  const order = await insertOrder(tx, {
    id,
    userId: wanted.userId,
    status: "placed",
    currency: total.currency,
    totalMinor: total.amountMinor,
    lines: lines.map(({ currency: _currency, ...line }) => line),
    payBeforeMs: nowMs + runtime.config.payWithinMs,
    carrier: null,
    trackingNumber: null,
    cancelReason: null,
    version: 1,
    placedAtMs: nowMs,
    updatedAtMs: nowMs,
  });
  await runtime.events.write(tx, orderPlaced(order));
  tx.onCommit(() => runtime.count.action("place"));
  return order;
}

function merge(items: readonly Quantity[]): readonly Quantity[] {
  const byProduct = new Map<string, number>();
  for (const { productId, quantity } of items) {
    byProduct.set(productId, (byProduct.get(productId) ?? 0) + quantity);
  }
  return [...byProduct].map(([productId, quantity]) => ({ productId, quantity }));
}

interface PricedLine extends OrderLine {
  readonly currency: string;
}

async function price(tx: Transaction, items: readonly Quantity[]): Promise<readonly PricedLine[]> {
  const products = await findProducts(
    tx,
    items.map((each) => each.productId),
  );
  const sold = new Map(
    products.filter((each) => each.active).map((each): [string, Product] => [each.id, each]),
  );
  const unknown = items.filter((each) => !sold.has(each.productId));
  if (unknown.length > 0) {
    throw new ProductUnknownError(
      unknown.map((each) => each.productId),
      422,
    );
  }
  return items.flatMap(({ productId, quantity }) => {
    const product = sold.get(productId);
    if (product === undefined) return [];
    const { sku, name, currency } = product;
    return [{ productId, sku, name, currency, unitPriceMinor: product.priceMinor, quantity }];
  });
}

function totalOf(lines: readonly PricedLine[]): Money {
  const currencies = [...new Set(lines.map((line) => line.currency))].toSorted();
  if (currencies.length > 1) throw new CurrenciesMixedError(currencies);
  const amounts = lines.map((line) => ({
    amountMinor: line.unitPriceMinor,
    currency: line.currency,
    quantity: line.quantity,
  }));
  // Checked line by line, so that no product of large numbers leaves the safe integers first.
  for (const each of amounts) {
    if (each.amountMinor > totalMinorMax / each.quantity)
      throw new OrderTooLargeError(totalMinorMax);
  }
  const total = sum(amounts.map((each) => multiply(each, each.quantity)));
  if (total.amountMinor > totalMinorMax) throw new OrderTooLargeError(totalMinorMax);
  return total;
}

async function setAside(
  runtime: OrdersRuntime,
  tx: Transaction,
  wanted: { readonly items: readonly Quantity[]; readonly orderId: string; readonly nowMs: number },
): Promise<void> {
  try {
    await reserve(tx, wanted.items, wanted);
  } catch (error) {
    if (error instanceof StockShortError) runtime.count.stockRefusal();
    throw error;
  }
}

function orderPlaced(order: Order): ReturnType<typeof shopEvent> {
  return shopEvent("OrderPlaced", orderSubject(order.id), {
    data: {
      orderId: order.id,
      userId: order.userId,
      number: order.number,
      amountMinor: order.totalMinor,
      currency: order.currency,
      lines: order.lines.map(({ productId: _productId, ...line }) => line),
      payBefore: timestamp(order.payBeforeMs).toISOString(),
    },
  });
}
