/**
 * Answers a request that a client named, once.
 *
 * The name (`Idempotency-Key`), the effect and the answer are written in one transaction: a repeated
 * request waits for the first, and gets the very answer that the first one got.
 *
 * - IK1  Of all requests of one user under one key, one has its effect; the others get its answer.
 * - IK2  A repeated payment under its key answers by what became of the first and moves no money.
 * - IK3  One key with two different requests is refused.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { invariant } from "@ashlar/foundation";
import type { Queryable, Transaction } from "@ashlar/postgres";
import * as z from "zod";
import { timestamp } from "../common/timestamp.ts";
import { IdempotencyKeyReusedError } from "./errors.ts";
import type { OrdersRuntime } from "./runtime.ts";

/** For the schema of a route that takes a key. */
export const idempotencyHeaders: z.ZodType<{ readonly "idempotency-key"?: string | undefined }> =
  z.looseObject({
    "idempotency-key": z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, "is 1 to 200 visible ASCII characters")
      .optional(),
  });

/** The key of a request whose headers the schema has accepted. */
export function idempotencyKeyOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): string | undefined {
  const key = headers["idempotency-key"];
  return typeof key === "string" ? key : undefined;
}

export interface NamedRequest<Answer> {
  readonly userId: string;
  /** Undefined: not named, so answered each time. */
  readonly key: string | undefined;
  /** What is asked for; plain JSON. */
  readonly request: unknown;
  /** Shape of the answer as it goes over the wire. */
  readonly answer: z.ZodType<Answer>;
}

interface AnswerRow {
  readonly fingerprint: Buffer;
  readonly answer: unknown;
}

/** @throws {IdempotencyKeyReusedError} and what `work` throws; then nothing is kept. */
export async function answerOnce<Answer>(
  runtime: OrdersRuntime,
  tx: Transaction,
  named: NamedRequest<Answer>,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { userId, key } = named;
  if (key === undefined) return work();
  const fingerprint = createHash("sha256").update(JSON.stringify(named.request)).digest();
  // Waits where another transaction has inserted the same key and is not done.
  const inserted = await tx.execute(
    `insert into idempotent_answers (user_id, key, fingerprint, created_at)
     values ($1, $2, $3, $4) on conflict (user_id, key) do nothing`,
    [userId, key, fingerprint, timestamp(runtime.environment.clock.wallMs())],
  );
  if (inserted === 0) return answerBefore(tx, named, fingerprint);
  const answer = await work();
  await tx.execute("update idempotent_answers set answer = $3 where user_id = $1 and key = $2", [
    userId,
    key,
    JSON.stringify(answer),
  ]);
  return answer;
}

async function answerBefore<Answer>(
  tx: Transaction,
  named: NamedRequest<Answer>,
  fingerprint: Buffer,
): Promise<Answer> {
  const [row] = await tx.query<AnswerRow>(
    "select fingerprint, answer from idempotent_answers where user_id = $1 and key = $2",
    [named.userId, named.key],
  );
  invariant(row !== undefined, "a key that could not be inserted is there");
  if (!row.fingerprint.equals(fingerprint)) throw new IdempotencyKeyReusedError();
  return named.answer.parse(row.answer);
}

/** Forgets answers older than `beforeMs`. Returns how many. */
export function sweepAnswers(sql: Queryable, beforeMs: number): Promise<number> {
  return sql.execute(
    `delete from idempotent_answers where ctid in (
       select ctid from idempotent_answers where created_at < $1 limit 500
     )`,
    [timestamp(beforeMs)],
  );
}
