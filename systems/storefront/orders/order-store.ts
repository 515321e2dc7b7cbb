/**
 * Orders in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import type { Position } from "../common/cursor.ts";
import { timestamp } from "../common/timestamp.ts";
import type { Order, OrderLine, OrderStatus } from "./order.ts";

interface OrderRow {
  readonly id: string;
  readonly number: string;
  readonly user_id: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly total_minor: number;
  readonly pay_before: Date;
  readonly carrier: string | null;
  readonly tracking_number: string | null;
  readonly cancel_reason: string | null;
  readonly version: number;
  readonly placed_at: Date;
  readonly updated_at: Date;
}

interface LineRow {
  readonly order_id: string;
  readonly product_id: string;
  readonly sku: string;
  readonly name: string;
  readonly unit_price_minor: number;
  readonly quantity: number;
}

/** Inserts an order; the database gives it its number. */
export async function insertOrder(tx: Transaction, order: Omit<Order, "number">): Promise<Order> {
  const rows = await tx.query<{ readonly number: string }>(
    `insert into orders (id, user_id, status, currency, total_minor, pay_before, version, placed_at,
       updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning number`,
    [
      order.id,
      order.userId,
      order.status,
      order.currency,
      order.totalMinor,
      timestamp(order.payBeforeMs),
      order.version,
      timestamp(order.placedAtMs),
      timestamp(order.updatedAtMs),
    ],
  );
  await tx.execute(
    `insert into order_lines (order_id, position, product_id, sku, name, unit_price_minor, quantity)
     select $1, line.* from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
       $7::int[]) as line`,
    [
      order.id,
      order.lines.map((_line, index) => index + 1),
      order.lines.map((line) => line.productId),
      order.lines.map((line) => line.sku),
      order.lines.map((line) => line.name),
      order.lines.map((line) => line.unitPriceMinor),
      order.lines.map((line) => line.quantity),
    ],
  );
  return { ...order, number: rows[0]?.number ?? "" };
}

/** Writes what may change of an order that the transaction holds locked. */
export async function updateOrder(tx: Transaction, order: Order): Promise<void> {
  await tx.execute(
    `update orders set status = $2, carrier = $3, tracking_number = $4, cancel_reason = $5,
       version = $6, updated_at = $7
     where id = $1`,
    [
      order.id,
      order.status,
      order.carrier,
      order.trackingNumber,
      order.cancelReason,
      order.version,
      timestamp(order.updatedAtMs),
    ],
  );
}

export async function findOrder(sql: Queryable, id: string): Promise<Order | undefined> {
  const rows = await sql.query<OrderRow>("select * from orders where id = $1", [id]);
  return (await withLines(sql, rows))[0];
}

/** The order, locked until the transaction ends. Lock an order before its payments and stock. */
export async function lockOrder(tx: Transaction, id: string): Promise<Order | undefined> {
  const rows = await tx.query<OrderRow>("select * from orders where id = $1 for update", [id]);
  return (await withLines(tx, rows))[0];
}

/** Orders whose time to pay has passed, locked; those that another replica holds are left out. */
export async function lockExpired(
  tx: Transaction,
  nowMs: number,
  limit: number,
): Promise<readonly Order[]> {
  const rows = await tx.query<OrderRow>(
    `select * from orders where status = 'placed' and pay_before <= $1
     order by pay_before limit $2 for update skip locked`,
    [timestamp(nowMs), limit],
  );
  return withLines(tx, rows);
}

export interface OrderQuery {
  readonly limit: number;
  readonly after: Position | undefined;
  /** Only this customer's; undefined: everybody's. */
  readonly userId: string | undefined;
  readonly status: OrderStatus | undefined;
}

/** Newest first; one more than `limit` where there are more. */
export async function listOrders(sql: Queryable, query: OrderQuery): Promise<readonly Order[]> {
  const rows = await sql.query<OrderRow>(
    `select * from orders
     where ($1::timestamptz is null or (placed_at, id) < ($1, $2::uuid))
       and ($3::uuid is null or user_id = $3)
       and ($4::text is null or status = $4)
     order by placed_at desc, id desc
     limit $5`,
    [
      query.after === undefined ? null : timestamp(query.after.atMs),
      query.after?.id ?? null,
      query.userId ?? null,
      query.status ?? null,
      query.limit + 1,
    ],
  );
  return withLines(sql, rows);
}

async function withLines(sql: Queryable, rows: readonly OrderRow[]): Promise<readonly Order[]> {
  if (rows.length === 0) return [];
  const lines = await sql.query<LineRow>(
    `select order_id, product_id, sku, name, unit_price_minor, quantity from order_lines
     where order_id = any($1) order by order_id, position`,
    [rows.map((row) => row.id)],
  );
  const byOrder = Map.groupBy(lines, (line) => line.order_id);
  return rows.map((row) => orderOf(row, byOrder.get(row.id) ?? []));
}

function orderOf(row: OrderRow, lines: readonly LineRow[]): Order {
  return {
    id: row.id,
    number: row.number,
    userId: row.user_id,
    status: row.status,
    currency: row.currency,
    totalMinor: row.total_minor,
    lines: lines.map(lineOf),
    payBeforeMs: row.pay_before.getTime(),
    carrier: row.carrier,
    trackingNumber: row.tracking_number,
    cancelReason: row.cancel_reason,
    version: row.version,
    placedAtMs: row.placed_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}

function lineOf(row: LineRow): OrderLine {
  return {
    productId: row.product_id,
    sku: row.sku,
    name: row.name,
    unitPriceMinor: row.unit_price_minor,
    quantity: row.quantity,
  };
}
