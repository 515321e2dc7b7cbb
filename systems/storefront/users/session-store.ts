/**
 * Sessions and the hashes of their refresh tokens in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import type { RevocationReason, Session } from "./session.ts";

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly generation: number;
  readonly token_expires_at: Date;
  readonly ends_at: Date;
  readonly revoked_at: Date | null;
  readonly revoked_reason: RevocationReason | null;
  readonly user_agent: string;
  readonly created_at: Date;
  readonly refreshed_at: Date;
}

/** A session as its owner sees it in a list. */
export interface SessionSummary {
  readonly id: string;
  readonly userAgent: string;
  readonly createdAtMs: number;
  readonly refreshedAtMs: number;
  readonly endsAtMs: number;
}

export interface NewSession {
  readonly session: Session;
  readonly tokenHash: Buffer;
  readonly userAgent: string;
  readonly nowMs: number;
}

export async function insertSession(tx: Transaction, fresh: NewSession): Promise<void> {
  const { session, nowMs } = fresh;
  await tx.execute(
    `insert into sessions (id, user_id, generation, token_expires_at, ends_at, user_agent,
       created_at, refreshed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7)`,
    [
      session.id,
      session.userId,
      session.generation,
      timestamp(session.tokenExpiresAtMs),
      timestamp(session.endsAtMs),
      fresh.userAgent.slice(0, 200),
      timestamp(nowMs),
    ],
  );
  await insertToken(tx, session, fresh.tokenHash);
}

/** The session that a token belongs to, locked, and the token's generation in it. */
export async function lockSessionByToken(
  tx: Transaction,
  tokenHash: Buffer,
): Promise<{ readonly session: Session; readonly generation: number } | undefined> {
  const rows = await tx.query<SessionRow & { readonly token_generation: number }>(
    `select sessions.*, refresh_tokens.generation as token_generation
     from refresh_tokens join sessions on sessions.id = refresh_tokens.session_id
     where refresh_tokens.hash = $1
     for update of sessions`,
    [tokenHash],
  );
  const row = rows[0];
  return row && { session: sessionOf(row), generation: row.token_generation };
}

/** Writes a rotated session and the hash of the token that it now gives out. */
export async function rotateSession(
  tx: Transaction,
  session: Session,
  next: { readonly tokenHash: Buffer; readonly nowMs: number },
): Promise<void> {
  await tx.execute(
    `update sessions set generation = $2, token_expires_at = $3, refreshed_at = $4 where id = $1`,
    [session.id, session.generation, timestamp(session.tokenExpiresAtMs), timestamp(next.nowMs)],
  );
  await insertToken(tx, session, next.tokenHash);
}

/** Ends one session; false where it had ended, or is not `userId`'s. */
export async function revokeSession(
  sql: Queryable,
  which: { readonly id: string; readonly userId: string },
  ending: { readonly reason: RevocationReason; readonly nowMs: number },
): Promise<boolean> {
  const count = await sql.execute(
    `update sessions set revoked_at = $3, revoked_reason = $4
     where id = $1 and user_id = $2 and revoked_at is null`,
    [which.id, which.userId, timestamp(ending.nowMs), ending.reason],
  );
  return count > 0;
}

/** Ends every session of a user, but for `except`. Returns how many. */
export async function revokeSessions(
  sql: Queryable,
  which: { readonly userId: string; readonly except?: string },
  ending: { readonly reason: RevocationReason; readonly nowMs: number },
): Promise<number> {
  const count = await sql.execute(
    `update sessions set revoked_at = $3, revoked_reason = $4
     where user_id = $1 and revoked_at is null and ($2::uuid is null or id <> $2)`,
    [which.userId, which.except ?? null, timestamp(ending.nowMs), ending.reason],
  );
  return count;
}

/** A user's living sessions, newest first. */
export async function listSessions(
  sql: Queryable,
  userId: string,
  nowMs: number,
): Promise<readonly SessionSummary[]> {
  const rows = await sql.query<SessionRow>(
    `select * from sessions
     where user_id = $1 and revoked_at is null and ends_at > $2 and token_expires_at > $2
     order by refreshed_at desc, id
     limit 200`,
    [userId, timestamp(nowMs)],
  );
  return rows.map((row) => ({
    id: row.id,
    userAgent: row.user_agent,
    createdAtMs: row.created_at.getTime(),
    refreshedAtMs: row.refreshed_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
  }));
}

/** Forgets sessions that ended before `beforeMs`, with their tokens. Returns how many. */
export async function sweepSessions(sql: Queryable, beforeMs: number): Promise<number> {
  const count = await sql.execute(
    `delete from sessions where id in (
       select id from sessions where least(ends_at, token_expires_at) < $1 limit 500
     )`,
    [timestamp(beforeMs)],
  );
  return count;
}

async function insertToken(tx: Transaction, session: Session, hash: Buffer): Promise<void> {
  await tx.execute(
    "insert into refresh_tokens (hash, session_id, generation) values ($1, $2, $3)",
    [hash, session.id, session.generation],
  );
}

function sessionOf(row: SessionRow): Session {
  const { revoked_at: revokedAt, revoked_reason: reason } = row;
  return {
    id: row.id,
    userId: row.user_id,
    generation: row.generation,
    tokenExpiresAtMs: row.token_expires_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
    revoked: revokedAt === null || reason === null ? null : { atMs: revokedAt.getTime(), reason },
  };
}
