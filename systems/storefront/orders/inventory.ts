/**
 * Stock: how many pieces are free, and how many are promised to orders.
 *
 * - ST1  `available` and `reserved` are never negative: guarded here, and by the database.
 * - ST2  Every change is a movement in the same transaction: for each product `available + reserved`
 *        equals what came in less what was shipped.
 * - ST3  An order reserves, releases and ships a product at most once each: a unique index holds it,
 *        however often an action is repeated.
 * - ST4  Stock rows are locked in one order, so that orders with common products never deadlock.
 *
 * @module
 */

import type { Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import { ProductUnknownError, type Shortage, StockRangeError, StockShortError } from "./errors.ts";

/** Pieces of one product. */
export interface Quantity {
  readonly productId: string;
  /** 1 or more. */
  readonly quantity: number;
}

interface StockRow {
  readonly product_id: string;
  readonly available: number;
  readonly reserved: number;
}

interface Movement {
  readonly kind: "reserve" | "release" | "ship";
  readonly orderId: string;
  readonly nowMs: number;
}

/** Pieces that one product may have at most. */
export const stockMax = 2_000_000_000;

/** Sets pieces aside for an order: all or none. @throws {StockShortError} naming every shortage. */
export async function reserve(
  tx: Transaction,
  quantities: readonly Quantity[],
  order: { readonly orderId: string; readonly nowMs: number },
): Promise<void> {
  const held = await lockStock(tx, quantities);
  const shortages: Shortage[] = [];
  for (const { productId, quantity } of quantities) {
    const available = held.get(productId)?.available ?? 0;
    if (available < quantity) shortages.push({ productId, wanted: quantity, available });
  }
  if (shortages.length > 0) throw new StockShortError(shortages);
  await move(tx, quantities, { availableBy: -1, reservedBy: 1 });
  await record(tx, quantities, { kind: "reserve", ...order });
}

/** Gives an order's pieces back. */
export async function release(
  tx: Transaction,
  quantities: readonly Quantity[],
  order: { readonly orderId: string; readonly nowMs: number },
): Promise<void> {
  await lockStock(tx, quantities);
  await move(tx, quantities, { availableBy: 1, reservedBy: -1 });
  await record(tx, quantities, { kind: "release", ...order });
}

/** Takes an order's pieces out of the house. */
export async function shipOut(
  tx: Transaction,
  quantities: readonly Quantity[],
  order: { readonly orderId: string; readonly nowMs: number },
): Promise<void> {
  await lockStock(tx, quantities);
  await move(tx, quantities, { availableBy: 0, reservedBy: -1 });
  await record(tx, quantities, { kind: "ship", ...order });
}

export interface StockChange {
  readonly productId: string;
  /** More than 0: pieces came in. Less: the shelf holds fewer than the books say. */
  readonly by: number;
  readonly nowMs: number;
}

/** Adds pieces, or takes free ones away. @throws {ProductUnknownError} {@link StockRangeError} */
export async function adjust(tx: Transaction, change: StockChange): Promise<void> {
  const rows = await tx.query<StockRow>("select * from stock where product_id = $1 for update", [
    change.productId,
  ]);
  const held = rows[0];
  if (held === undefined) throw new ProductUnknownError([change.productId]);
  const next = held.available + change.by;
  if (next < 0 || next + held.reserved > stockMax) throw new StockRangeError(held.available);
  await tx.execute("update stock set available = $2 where product_id = $1", [
    change.productId,
    next,
  ]);
  await tx.execute(
    `insert into stock_movements (product_id, order_id, kind, quantity, moved_at)
     values ($1, null, $2, $3, $4)`,
    [change.productId, change.by > 0 ? "restock" : "correct", change.by, timestamp(change.nowMs)],
  );
}

/** ST4 */
async function lockStock(
  tx: Transaction,
  quantities: readonly Quantity[],
): Promise<ReadonlyMap<string, StockRow>> {
  const rows = await tx.query<StockRow>(
    "select * from stock where product_id = any($1) order by product_id for update",
    [quantities.map((each) => each.productId)],
  );
  return new Map(rows.map((row) => [row.product_id, row]));
}

async function move(
  tx: Transaction,
  quantities: readonly Quantity[],
  by: { readonly availableBy: -1 | 0 | 1; readonly reservedBy: -1 | 1 },
): Promise<void> {
  await tx.execute(
    `update stock set available = available + $3::int * moved.quantity,
       reserved = reserved + $4::int * moved.quantity
     from unnest($1::uuid[], $2::int[]) as moved (product_id, quantity)
     where stock.product_id = moved.product_id`,
    [...columnsOf(quantities), by.availableBy, by.reservedBy],
  );
}

/** ST2, ST3 */
async function record(
  tx: Transaction,
  quantities: readonly Quantity[],
  movement: Movement,
): Promise<void> {
  await tx.execute(
    `insert into stock_movements (product_id, order_id, kind, quantity, moved_at)
     select moved.product_id, $3, $4, moved.quantity, $5
     from unnest($1::uuid[], $2::int[]) as moved (product_id, quantity)`,
    [...columnsOf(quantities), movement.orderId, movement.kind, timestamp(movement.nowMs)],
  );
}

function columnsOf(quantities: readonly Quantity[]): readonly [string[], number[]] {
  return [quantities.map((each) => each.productId), quantities.map((each) => each.quantity)];
}
