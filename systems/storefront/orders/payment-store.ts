/**
 * Payments in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import type { PaymentStatus } from "./payment.ts";

export interface Payment {
  /** Also the provider's idempotency key. */
  readonly id: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  readonly amountMinor: number;
  readonly currency: string;
  readonly cardBrand: string;
  readonly cardLast4: string;
  /** Why it was declined or given up; null: neither. */
  readonly reason: string | null;
  /** What the client named this attempt; null: nothing. */
  readonly clientKey: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface PaymentRow {
  readonly id: string;
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly amount_minor: number;
  readonly currency: string;
  readonly card_brand: string;
  readonly card_last4: string;
  readonly reason: string | null;
  readonly client_key: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The newest attempts that one order shows. */
const shownMax = 20;

/** PY1: fails on `payments_one_live` where the order has a living payment. */
export async function insertPayment(
  tx: Transaction,
  payment: Payment,
  leaseUntilMs: number,
): Promise<void> {
  await tx.execute(
    `insert into payments (id, order_id, status, amount_minor, currency, card_brand, card_last4,
       lease_until, created_at, updated_at, client_key)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      payment.id,
      payment.orderId,
      payment.status,
      payment.amountMinor,
      payment.currency,
      payment.cardBrand,
      payment.cardLast4,
      timestamp(leaseUntilMs),
      timestamp(payment.createdAtMs),
      timestamp(payment.updatedAtMs),
      payment.clientKey,
    ],
  );
}

export async function updatePayment(tx: Transaction, payment: Payment): Promise<void> {
  await tx.execute("update payments set status = $2, reason = $3, updated_at = $4 where id = $1", [
    payment.id,
    payment.status,
    payment.reason,
    timestamp(payment.updatedAtMs),
  ]);
}

export async function findPayment(sql: Queryable, id: string): Promise<Payment | undefined> {
  const rows = await sql.query<PaymentRow>("select * from payments where id = $1", [id]);
  return rows[0] && paymentOf(rows[0]);
}

/** The attempt that a client named so. */
export async function findPaymentByClientKey(
  sql: Queryable,
  orderId: string,
  clientKey: string,
): Promise<Payment | undefined> {
  const rows = await sql.query<PaymentRow>(
    "select * from payments where order_id = $1 and client_key = $2",
    [orderId, clientKey],
  );
  return rows[0] && paymentOf(rows[0]);
}

export async function lockPayment(tx: Transaction, id: string): Promise<Payment | undefined> {
  const rows = await tx.query<PaymentRow>("select * from payments where id = $1 for update", [id]);
  return rows[0] && paymentOf(rows[0]);
}

/** The payment that holds an order's money, locked. */
export async function lockCaptured(tx: Transaction, orderId: string): Promise<Payment | undefined> {
  const rows = await tx.query<PaymentRow>(
    "select * from payments where order_id = $1 and status = 'captured' for update",
    [orderId],
  );
  return rows[0] && paymentOf(rows[0]);
}

/** An order's attempts to pay, oldest first. */
export async function listPayments(sql: Queryable, orderId: string): Promise<readonly Payment[]> {
  const rows = await sql.query<PaymentRow>(
    `select * from (
       select * from payments where order_id = $1 order by created_at desc, id limit $2
     ) as newest order by created_at, id`,
    [orderId, shownMax],
  );
  return rows.map(paymentOf);
}

/**
 * Takes over unsettled payments that nobody works on: their lease has run out. Each gets a new lease
 * in the same statement, so that no other replica takes it as well.
 */
export async function claimUnsettled(
  sql: Queryable,
  claim: { readonly nowMs: number; readonly leaseMs: number; readonly limit: number },
): Promise<readonly Payment[]> {
  const rows = await sql.query<PaymentRow>(
    `update payments set lease_until = $2, attempts = attempts + 1
     where id in (
       select id from payments
       where status in ('authorizing', 'capturing', 'voiding', 'refunding') and lease_until <= $1
       order by lease_until limit $3 for update skip locked
     )
     returning *`,
    [timestamp(claim.nowMs), timestamp(claim.nowMs + claim.leaseMs), claim.limit],
  );
  return rows.map(paymentOf);
}

/** Lets the reconciler take the payment at once. */
export async function endLease(sql: Queryable, id: string, nowMs: number): Promise<void> {
  await sql.execute("update payments set lease_until = $2 where id = $1", [id, timestamp(nowMs)]);
}

/** How many payments are not settled. */
export async function countUnsettled(sql: Queryable): Promise<number> {
  const rows = await sql.query<{ readonly count: number }>(
    `select count(*)::int as count from payments
     where status in ('authorizing', 'capturing', 'voiding', 'refunding')`,
  );
  return rows[0]?.count ?? 0;
}

function paymentOf(row: PaymentRow): Payment {
  return {
    id: row.id,
    orderId: row.order_id,
    status: row.status,
    amountMinor: row.amount_minor,
    currency: row.currency,
    cardBrand: row.card_brand,
    cardLast4: row.card_last4,
    reason: row.reason,
    clientKey: row.client_key,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
