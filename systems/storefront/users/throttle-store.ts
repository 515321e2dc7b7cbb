/**
 * Counted log-in attempts in the database, so that every replica counts the same.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Pool, Queryable, Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import { LoginThrottledError } from "./errors.ts";
import { attempt, type Throttle, type ThrottlePolicy, unthrottled } from "./throttle.ts";

interface AttemptsRow {
  readonly key: string;
  readonly attempts: number;
  readonly last_at: Date;
  readonly blocked_until: Date;
}

/** One thing that is counted, with its policy. */
export interface ThrottleKey {
  /** Hashed before it is stored: no table lists who tried to log in from where. */
  readonly text: string;
  readonly policy: ThrottlePolicy;
}

/**
 * Counts one attempt under every key, or under none if one of them must wait.
 *
 * @throws {LoginThrottledError} with the longest wait among them.
 */
export async function countAttempt(
  database: Pool,
  keys: readonly ThrottleKey[],
  nowMs: number,
): Promise<void> {
  const byHash = new Map(keys.map((each) => [hashOf(each.text), each.policy]));
  // One order for all transactions, so that two log-ins never wait for each other in a circle.
  const hashes = [...byHash.keys()].toSorted();
  await database.transaction(async (tx) => {
    const held = await lockAttempts(tx, hashes, nowMs);
    let retryAfterMs = 0;
    const counted: (Throttle & { readonly key: string })[] = [];
    for (const [key, policy] of byHash) {
      const outcome = attempt(held.get(key) ?? unthrottled, policy, nowMs);
      if (outcome.allowed) counted.push({ key, ...outcome.next });
      else retryAfterMs = Math.max(retryAfterMs, outcome.retryAfterMs);
    }
    if (retryAfterMs > 0) throw new LoginThrottledError(retryAfterMs);
    await writeAttempts(tx, counted);
  });
}

/** Takes one counted attempt back under every key: the password was right. */
export async function uncountAttempt(sql: Queryable, keys: readonly ThrottleKey[]): Promise<void> {
  const hashes = keys.map((each) => hashOf(each.text)).toSorted();
  await sql.execute(
    `with held as (select key from login_attempts where key = any($1) order by key for update)
     update login_attempts set attempts = greatest(attempts - 1, 0), blocked_until = last_at
     from held where login_attempts.key = held.key`,
    [hashes],
  );
}

/** Forgets keys that nobody tried since `beforeMs`. Returns how many. */
export async function sweepAttempts(sql: Queryable, beforeMs: number): Promise<number> {
  const count = await sql.execute(
    `delete from login_attempts where key in (
       select key from login_attempts where last_at < $1 and blocked_until < $1
       limit 500 for update skip locked
     )`,
    [timestamp(beforeMs)],
  );
  return count;
}

async function lockAttempts(
  tx: Transaction,
  hashes: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, Throttle>> {
  await tx.execute(
    `insert into login_attempts (key, attempts, last_at, blocked_until)
     select key, 0, $2, $2 from unnest($1::text[]) as key order by key
     on conflict (key) do nothing`,
    [hashes, timestamp(nowMs)],
  );
  const rows = await tx.query<AttemptsRow>(
    "select * from login_attempts where key = any($1) order by key for update",
    [hashes],
  );
  return new Map(
    rows.map((row) => [
      row.key,
      {
        attempts: row.attempts,
        lastAtMs: row.last_at.getTime(),
        blockedUntilMs: row.blocked_until.getTime(),
      },
    ]),
  );
}

async function writeAttempts(
  tx: Transaction,
  counted: readonly (Throttle & { readonly key: string })[],
): Promise<void> {
  await tx.execute(
    `update login_attempts set attempts = new.attempts, last_at = new.last_at,
       blocked_until = new.blocked_until
     from unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[])
       as new (key, attempts, last_at, blocked_until)
     where login_attempts.key = new.key`,
    [
      counted.map((each) => each.key),
      counted.map((each) => each.attempts),
      counted.map((each) => timestamp(each.lastAtMs)),
      counted.map((each) => timestamp(each.blockedUntilMs)),
    ],
  );
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
