/**
 * Tokens that reach a person by mail: proof that they read that mailbox.
 *
 * The token is derived from the request's id and a key, so the event that asks for the mail carries
 * only the id (SE2), and a mail written twice carries the same token.
 *
 * - MT1  A mailed token works once, until it expires, for its purpose, and for the address that it
 *        was mailed to.
 * - MT2  A newer request of the same purpose ends the older ones.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import { MailedTokenInvalidError } from "./errors.ts";
import type { UsersRuntime } from "./runtime.ts";
import { mailedToken, sameSecret } from "./secret-token.ts";
import type { User } from "./user.ts";

export type MailedTokenPurpose = "resetPassword" | "verifyEmail";

interface MailedTokenRow {
  readonly id: string;
  readonly user_id: string;
  readonly email_key: string;
}

/** Opens a request; its id goes into the event that has the mail written. */
export async function requestMailedToken(
  runtime: UsersRuntime,
  tx: Transaction,
  request: { readonly user: User; readonly purpose: MailedTokenPurpose },
): Promise<string> {
  const { clock, entropy } = runtime.environment;
  const { user, purpose } = request;
  const nowMs = clock.wallMs();
  const id = entropy.uuid();
  await endMailedTokens(tx, { userId: user.id, purpose, nowMs });
  await tx.execute(
    `insert into mailed_tokens (id, user_id, purpose, email_key, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      id,
      user.id,
      purpose,
      user.emailKey,
      timestamp(nowMs),
      timestamp(nowMs + runtime.config.mailedTokenMs),
    ],
  );
  return id;
}

/** The token of a request that can still be used; undefined for any other (MT1). */
export async function readMailedToken(
  runtime: UsersRuntime,
  requestId: string,
): Promise<string | undefined> {
  const rows = await runtime.database.query<MailedTokenRow>(
    `select mailed_tokens.id from mailed_tokens join users on users.id = mailed_tokens.user_id
     where mailed_tokens.id = $1 and used_at is null and expires_at > $2
       and users.email_key = mailed_tokens.email_key`,
    [requestId, timestamp(runtime.environment.clock.wallMs())],
  );
  return rows[0] && mailedToken(runtime.mailTokenKey, rows[0].id);
}

/**
 * Uses a token up, and gives the id of the user whom it was mailed to.
 *
 * @throws {MailedTokenInvalidError} for any token that cannot be used.
 */
export async function spendMailedToken(
  runtime: UsersRuntime,
  tx: Transaction,
  spent: { readonly token: string; readonly purpose: MailedTokenPurpose },
): Promise<string> {
  const requestId = spent.token.split(".")[0] ?? "";
  const genuine = sameSecret(spent.token, mailedToken(runtime.mailTokenKey, requestId));
  if (!genuine) throw new MailedTokenInvalidError();
  const rows = await tx.query<MailedTokenRow>(
    `update mailed_tokens set used_at = $3
     from users
     where mailed_tokens.id = $1 and purpose = $2 and used_at is null and expires_at > $3
       and users.id = mailed_tokens.user_id and users.email_key = mailed_tokens.email_key
     returning mailed_tokens.id, mailed_tokens.user_id, mailed_tokens.email_key`,
    [requestId, spent.purpose, timestamp(runtime.environment.clock.wallMs())],
  );
  if (rows[0] === undefined) throw new MailedTokenInvalidError();
  return rows[0].user_id;
}

/** Ends every open request of one purpose. */
export async function endMailedTokens(
  tx: Transaction,
  which: {
    readonly userId: string;
    readonly purpose: MailedTokenPurpose;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx.execute(
    `update mailed_tokens set used_at = $3
     where user_id = $1 and purpose = $2 and used_at is null`,
    [which.userId, which.purpose, timestamp(which.nowMs)],
  );
}

/** Forgets requests that expired before `beforeMs`. Returns how many. */
export async function sweepMailedTokens(sql: Queryable, beforeMs: number): Promise<number> {
  const count = await sql.execute(
    `delete from mailed_tokens where id in (
       select id from mailed_tokens where expires_at < $1 limit 500
     )`,
    [timestamp(beforeMs)],
  );
  return count;
}
