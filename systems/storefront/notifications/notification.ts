/**
 * What a person sees in the shop itself: one notification for each event that concerns them.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import type { Position } from "../common/cursor.ts";
import { timestamp } from "../common/timestamp.ts";

export interface Notification {
  readonly id: string;
  readonly userId: string;
  readonly eventKey: string;
  readonly type: string;
  readonly title: string;
  readonly body: string;
  readonly subject: string;
  readonly createdAtMs: number;
  /** Null: not read yet. */
  readonly readAtMs: number | null;
}

interface NotificationRow {
  readonly id: string;
  readonly user_id: string;
  readonly event_key: string;
  readonly type: string;
  readonly title: string;
  readonly body: string;
  readonly subject: string;
  readonly created_at: Date;
  readonly read_at: Date | null;
}

/** NT1: a unique index refuses a second one for the same event and person. */
export async function insertNotification(
  tx: Transaction,
  notification: Notification,
): Promise<void> {
  await tx.execute(
    `insert into notifications (id, user_id, event_key, type, title, body, subject, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      notification.id,
      notification.userId,
      notification.eventKey,
      notification.type,
      notification.title,
      notification.body,
      notification.subject,
      timestamp(notification.createdAtMs),
    ],
  );
}

export interface NotificationQuery {
  readonly userId: string;
  readonly limit: number;
  readonly after: Position | undefined;
  readonly unreadOnly: boolean;
}

/** Newest first; one more than `limit` where there are more. */
export async function listNotifications(
  sql: Queryable,
  query: NotificationQuery,
): Promise<readonly Notification[]> {
  const rows = await sql.query<NotificationRow>(
    `select * from notifications
     where user_id = $1
       and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
       and (read_at is null or not $4)
     order by created_at desc, id desc limit $5`,
    [
      query.userId,
      query.after === undefined ? null : timestamp(query.after.atMs),
      query.after?.id ?? null,
      query.unreadOnly,
      query.limit + 1,
    ],
  );
  return rows.map(notificationOf);
}

export async function findNotification(
  sql: Queryable,
  which: { readonly id: string; readonly userId: string },
): Promise<Notification | undefined> {
  const rows = await sql.query<NotificationRow>(
    "select * from notifications where id = $1 and user_id = $2",
    [which.id, which.userId],
  );
  return rows[0] && notificationOf(rows[0]);
}

export async function countUnread(sql: Queryable, userId: string): Promise<number> {
  const rows = await sql.query<{ readonly count: number }>(
    "select count(*)::int as count from notifications where user_id = $1 and read_at is null",
    [userId],
  );
  return rows[0]?.count ?? 0;
}

/** Marks one as read, or all. The first time stays. Returns how many were unread. */
export function markRead(
  sql: Queryable,
  which: { readonly userId: string; readonly id?: string },
  nowMs: number,
): Promise<number> {
  return sql.execute(
    `update notifications set read_at = $3
     where user_id = $1 and ($2::uuid is null or id = $2) and read_at is null`,
    [which.userId, which.id ?? null, timestamp(nowMs)],
  );
}

/** Forgets a person: notifications, deliveries and preferences. */
export async function forgetPerson(tx: Transaction, userId: string): Promise<void> {
  await tx.execute("delete from notifications where user_id = $1", [userId]);
  await tx.execute("delete from preferences where user_id = $1", [userId]);
}

function notificationOf(row: NotificationRow): Notification {
  return {
    id: row.id,
    userId: row.user_id,
    eventKey: row.event_key,
    type: row.type,
    title: row.title,
    body: row.body,
    subject: row.subject,
    createdAtMs: row.created_at.getTime(),
    readAtMs: row.read_at?.getTime() ?? null,
  };
}
