/**
 * Deliveries in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import type { Position } from "../common/cursor.ts";
import type { ShopEventType } from "../common/shop-events.ts";
import { timestamp } from "../common/timestamp.ts";
import type { ChannelName } from "./channel.ts";
import type { AfterAttempt, Delivery, DeliveryStatus } from "./delivery.ts";

interface DeliveryRow {
  readonly id: string;
  readonly notification_id: string;
  readonly user_id: string;
  readonly channel: ChannelName;
  readonly message_id: string;
  readonly address: string;
  readonly locale: string;
  readonly type: ShopEventType;
  readonly data: unknown;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
  readonly traceparent: string | null;
}

/** NT2: a unique index refuses a second delivery of one notification by one channel. */
export async function insertDelivery(tx: Transaction, delivery: Delivery): Promise<void> {
  await tx.execute(
    `insert into deliveries (id, notification_id, user_id, channel, message_id, address, locale,
       type, data, status, next_attempt_at, created_at, traceparent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $11, $12)`,
    [
      delivery.id,
      delivery.notificationId,
      delivery.userId,
      delivery.channel,
      delivery.messageId,
      delivery.address,
      delivery.locale,
      delivery.type,
      JSON.stringify(delivery.data),
      timestamp(delivery.nextAttemptAtMs),
      timestamp(delivery.createdAtMs),
      delivery.traceparent,
    ],
  );
}

export interface Claim {
  /** Tells this claim from another one of the same delivery. */
  readonly holder: string;
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly limit: number;
}

/**
 * Takes deliveries that are due, or whose holder has not come back: each gets this holder, a lease
 * and one more attempt in the same statement, so that no other replica sends it meanwhile.
 */
export async function claimDue(sql: Queryable, claim: Claim): Promise<readonly Delivery[]> {
  const rows = await sql.query<DeliveryRow>(
    `update deliveries set status = 'sending', lease_until = $2, lease_holder = $3,
       attempts = attempts + 1
     where id in (
       select id from deliveries
       where (status = 'pending' and next_attempt_at <= $1)
          or (status = 'sending' and lease_until <= $1)
       order by next_attempt_at limit $4 for update skip locked
     )
     returning *`,
    [timestamp(claim.nowMs), timestamp(claim.nowMs + claim.leaseMs), claim.holder, claim.limit],
  );
  return rows.map(deliveryOf);
}

/** Records an attempt, if this holder still has the delivery; false where another has taken it. */
export async function recordAttempt(
  sql: Queryable,
  attempt: {
    readonly id: string;
    readonly holder: string;
    readonly nowMs: number;
    readonly after: AfterAttempt;
  },
): Promise<boolean> {
  const { after, nowMs } = attempt;
  const nextAtMs = after.status === "pending" ? nowMs + after.waitMs : nowMs;
  const count = await sql.execute(
    `update deliveries set status = $3, sent_at = $4, last_error = $5, next_attempt_at = $6,
       lease_until = null, lease_holder = null
     where id = $1 and lease_holder = $2 and status = 'sending'`,
    [
      attempt.id,
      attempt.holder,
      after.status,
      after.status === "sent" ? timestamp(nowMs) : null,
      after.status === "sent" ? null : after.error.slice(0, 1000),
      timestamp(nextAtMs),
    ],
  );
  return count > 0;
}

export async function lockDelivery(tx: Transaction, id: string): Promise<Delivery | undefined> {
  const rows = await tx.query<DeliveryRow>("select * from deliveries where id = $1 for update", [
    id,
  ]);
  return rows[0] && deliveryOf(rows[0]);
}

/** Makes a dead letter due again, with a fresh count of attempts and the same message id. */
export async function revive(tx: Transaction, id: string, nowMs: number): Promise<void> {
  await tx.execute(
    `update deliveries set status = 'pending', attempts = 0, next_attempt_at = $2
     where id = $1 and status = 'dead'`,
    [id, timestamp(nowMs)],
  );
}

export interface DeliveryQuery {
  readonly limit: number;
  readonly after: Position | undefined;
  readonly status: DeliveryStatus | undefined;
  readonly channel: ChannelName | undefined;
  readonly userId: string | undefined;
}

/** Newest first; one more than `limit` where there are more. */
export async function listDeliveries(
  sql: Queryable,
  query: DeliveryQuery,
): Promise<readonly Delivery[]> {
  const rows = await sql.query<DeliveryRow>(
    `select * from deliveries
     where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
       and ($3::text is null or status = $3)
       and ($4::text is null or channel = $4)
       and ($5::uuid is null or user_id = $5)
     order by created_at desc, id desc limit $6`,
    [
      query.after === undefined ? null : timestamp(query.after.atMs),
      query.after?.id ?? null,
      query.status ?? null,
      query.channel ?? null,
      query.userId ?? null,
      query.limit + 1,
    ],
  );
  return rows.map(deliveryOf);
}

/** The deliveries of some notifications, by notification. */
export async function deliveriesOf(
  sql: Queryable,
  notificationIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Delivery[]>> {
  const rows = await sql.query<DeliveryRow>(
    "select * from deliveries where notification_id = any($1) order by channel",
    [notificationIds],
  );
  return Map.groupBy(rows.map(deliveryOf), (each) => each.notificationId);
}

/** For the gauges. */
export async function countOpen(
  sql: Queryable,
): Promise<{ readonly pending: number; readonly dead: number }> {
  const rows = await sql.query<{ readonly pending: number; readonly dead: number }>(
    `select count(*) filter (where status in ('pending', 'sending'))::int as pending,
       count(*) filter (where status = 'dead')::int as dead
     from deliveries where status <> 'sent'`,
  );
  return rows[0] ?? { pending: 0, dead: 0 };
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    notificationId: row.notification_id,
    userId: row.user_id,
    channel: row.channel,
    messageId: row.message_id,
    address: row.address,
    locale: row.locale,
    type: row.type,
    data: row.data,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAtMs: row.next_attempt_at.getTime(),
    lastError: row.last_error,
    createdAtMs: row.created_at.getTime(),
    sentAtMs: row.sent_at?.getTime() ?? null,
    traceparent: row.traceparent,
  };
}
