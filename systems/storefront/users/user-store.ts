/**
 * Accounts in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { brokenConstraint } from "../common/constraint.ts";
import type { Position } from "../common/cursor.ts";
import type { Role } from "../common/principal.ts";
import { timestamp } from "../common/timestamp.ts";
import { EmailTakenError } from "./errors.ts";
import type { User } from "./user.ts";

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly email_key: string;
  readonly name: string;
  readonly role: Role;
  readonly locale: string;
  readonly phone: string | null;
  readonly password_hash: string;
  readonly email_verified_at: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** @throws {EmailTakenError} */
export async function insertUser(sql: Queryable, user: User): Promise<void> {
  await refuseTaken(() =>
    sql.execute(
      `insert into users (id, email, email_key, name, role, locale, phone, password_hash,
         email_verified_at, version, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      valuesOf(user),
    ),
  );
}

/** Writes every field of a user that the transaction holds locked. @throws {EmailTakenError} */
export async function updateUser(sql: Queryable, user: User): Promise<void> {
  await refuseTaken(() =>
    sql.execute(
      `update users set email = $2, email_key = $3, name = $4, role = $5, locale = $6, phone = $7,
         password_hash = $8, email_verified_at = $9, version = $10, created_at = $11,
         updated_at = $12
       where id = $1`,
      valuesOf(user),
    ),
  );
}

export async function findUser(sql: Queryable, id: string): Promise<User | undefined> {
  const rows = await sql.query<UserRow>("select * from users where id = $1", [id]);
  return rows[0] && userOf(rows[0]);
}

/** The same, locked until the transaction ends. */
export async function lockUser(tx: Transaction, id: string): Promise<User | undefined> {
  const rows = await tx.query<UserRow>("select * from users where id = $1 for update", [id]);
  return rows[0] && userOf(rows[0]);
}

export async function findUserByMail(sql: Queryable, emailKey: string): Promise<User | undefined> {
  const rows = await sql.query<UserRow>("select * from users where email_key = $1", [emailKey]);
  return rows[0] && userOf(rows[0]);
}

export async function deleteUser(tx: Transaction, id: string): Promise<void> {
  await tx.execute("delete from users where id = $1", [id]);
}

export interface UserQuery {
  readonly limit: number;
  readonly after: Position | undefined;
  readonly role: Role | undefined;
  /** Part of a name or an address, any case. */
  readonly search: string | undefined;
}

/** Newest first; one row more than `limit` where there are more. */
export async function listUsers(sql: Queryable, query: UserQuery): Promise<readonly User[]> {
  const rows = await sql.query<UserRow>(
    `select * from users
     where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
       and ($3::text is null or role = $3)
       and ($4::text is null or strpos(lower(name), $4) > 0 or strpos(email_key, $4) > 0)
     order by created_at desc, id desc
     limit $5`,
    [
      query.after === undefined ? null : timestamp(query.after.atMs),
      query.after?.id ?? null,
      query.role ?? null,
      query.search?.toLowerCase() ?? null,
      query.limit + 1,
    ],
  );
  return rows.map(userOf);
}

/**
 * How many admins there are. Waits for, and holds off, every other transaction that asks, so that
 * two admins cannot step down at the same time and none be left.
 */
export async function countAdmins(tx: Transaction): Promise<number> {
  await tx.execute("select pg_advisory_xact_lock(hashtext('storefront.admins'))");
  const rows = await tx.query<{ readonly count: number }>(
    "select count(*)::int as count from users where role = 'admin'",
  );
  return rows[0]?.count ?? 0;
}

async function refuseTaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraint(error) === "users_email_key_key") throw new EmailTakenError();
    throw error;
  }
}

function valuesOf(user: User): readonly unknown[] {
  return [
    user.id,
    user.email,
    user.emailKey,
    user.name,
    user.role,
    user.locale,
    user.phone,
    user.passwordHash,
    user.emailVerifiedAtMs === null ? null : timestamp(user.emailVerifiedAtMs),
    user.version,
    timestamp(user.createdAtMs),
    timestamp(user.updatedAtMs),
  ];
}

function userOf(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    name: row.name,
    role: row.role,
    locale: row.locale,
    phone: row.phone,
    passwordHash: row.password_hash,
    emailVerifiedAtMs: row.email_verified_at?.getTime() ?? null,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
