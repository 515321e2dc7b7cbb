/**
 * Idempotency keys: a request that is sent twice is done once and answered twice.
 *
 * The key's row is claimed before the work begins. The work records its answer in its own
 * transaction where it can; the claim is a fence, so that of two processes that both believe to
 * hold it only one can commit.
 *
 * - KI1  For one consumer and key the work commits at most once while the record is kept; every
 *        later request gets the recorded answer.
 * - KI2  A key that comes with another request is refused, and so is one whose work is under way.
 * - KI3  Work that fails leaves nothing: the key is free again. Work whose process died is free
 *        when its lease ends, and the dead one's late commit is refused.
 *
 * Source: draft-ietf-httpapi-idempotency-key-header-07.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Environment, type Log, type Scope, silentLog } from "@ashlar/foundation";
import { migrate, type Pool, type Queryable } from "@ashlar/postgres";
import {
  IdempotencyClaimLostError,
  IdempotencyInProgressError,
  IdempotencyKeyInvalidError,
  IdempotencyKeyMissingError,
  IdempotencyRequestChangedError,
} from "./errors.ts";

/** What is recorded of an answer. */
export interface RecordedAnswer {
  readonly status: number;
  /** Anything that survives JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IdempotentRequest {
  readonly key: string;
  /** Who asks; keys of different consumers do not meet. */
  readonly consumer: string;
  /** For example `POST /orders`. */
  readonly operation: string;
  /** Everything that makes this request what it is: body, params. */
  readonly input: unknown;
}

/** Records the answer in `transaction`, so that it commits with the work. */
export type RecordAnswer = (transaction: Queryable, answer: RecordedAnswer) => Promise<void>;

export interface Idempotency {
  /**
   * Does `work` unless its answer is recorded. Work in one database should call `record` in its
   * transaction; otherwise the answer is recorded when `work` settles, and a process that dies in
   * between does the work again.
   *
   * @throws {IdempotencyRequestChangedError} {@link IdempotencyInProgressError}, and what `work`
   * throws.
   */
  run(
    request: IdempotentRequest,
    work: (record: RecordAnswer) => Promise<RecordedAnswer>,
  ): Promise<RecordedAnswer & { readonly replayed: boolean }>;
  /** Forgets records past their time. Runs by itself; returns how many. */
  sweep(): Promise<number>;
}

export interface IdempotencyOptions {
  readonly database: Pool;
  readonly environment: Environment;
  /** Ends the sweeping. */
  readonly scope: Scope;
  readonly log?: Log;
  /** How long an answer is kept. Default 24 h. */
  readonly retentionMs?: number;
  /** How long work may take before another process may take it over. Default 60 s. */
  readonly leaseMs?: number;
}

const sweepEveryMs = 60_000;
const sweepRowsMax = 5_000;
/** Of the kit's own tables, beside the service's. */
const migrationHistory = "ashlar_service_migration";

/** Brings the kit's table into the database and sweeps it while `scope` lives. */
export async function openIdempotency(options: IdempotencyOptions): Promise<Idempotency> {
  const { database, scope, environment, log = silentLog } = options;
  await migrate({
    pool: database,
    directory: fileURLToPath(new URL("../migrations", import.meta.url)),
    history: migrationHistory,
    allowNewer: true,
    log,
  });
  const opened = new StoredIdempotency(options);
  void sweepWhile(scope.signal, { opened, environment, log });
  return opened;
}

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * The `idempotency-key` of a request: 1..255 visible ASCII characters.
 *
 * @throws {IdempotencyKeyMissingError} {@link IdempotencyKeyInvalidError}
 */
export function idempotencyKeyOf(request: {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}): string {
  const key = request.headers["idempotency-key"];
  if (key === undefined || key === "") throw new IdempotencyKeyMissingError();
  if (typeof key !== "string" || !keyPattern.test(key)) throw new IdempotencyKeyInvalidError();
  return key;
}

class StoredIdempotency implements Idempotency {
  readonly #database: Pool;
  readonly #environment: Environment;
  readonly #retentionMs: number;
  readonly #leaseMs: number;

  constructor(options: IdempotencyOptions) {
    this.#database = options.database;
    this.#environment = options.environment;
    this.#retentionMs = options.retentionMs ?? 86_400_000;
    this.#leaseMs = options.leaseMs ?? 60_000;
  }

  async run(
    request: IdempotentRequest,
    work: (record: RecordAnswer) => Promise<RecordedAnswer>,
  ): Promise<RecordedAnswer & { readonly replayed: boolean }> {
    const claim = this.#environment.entropy.uuid();
    const recorded = await this.#claim(request, claim);
    if (recorded !== undefined) return { ...recorded, replayed: true };
    let isRecorded = false;
    try {
      const answer = await work(async (transaction, given) => {
        await this.#record(transaction, request, { claim, answer: given });
        isRecorded = true;
      });
      if (!isRecorded) await this.#record(this.#database, request, { claim, answer });
      return { ...answer, replayed: false };
    } catch (error) {
      // KI3: if the answer did commit, there is nothing to release. A release that fails waits for
      // the lease.
      await this.#release(request, claim).catch(() => undefined);
      throw error;
    }
  }

  async sweep(): Promise<number> {
    return this.#database.execute(sweepSql, [sweepRowsMax]);
  }

  /** @returns the recorded answer, or undefined when the work is this caller's. */
  async #claim(request: IdempotentRequest, claim: string): Promise<RecordedAnswer | undefined> {
    const { consumer, key } = request;
    const hash = hashOf(request);
    const values = [consumer, key, hash, claim, this.#leaseMs, this.#retentionMs];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const claimed = await this.#database.query(claimSql, values);
      if (claimed.length > 0) return undefined;
      const [found] = await this.#database.query<RecordRow>(findSql, [consumer, key]);
      if (found === undefined) continue; // Released in between: it can be claimed now.
      if (!found.request_hash.equals(hash)) throw new IdempotencyRequestChangedError();
      if (found.status === null) throw new IdempotencyInProgressError();
      return answerOf(found, found.status);
    }
    throw new IdempotencyInProgressError();
  }

  async #record(
    queryable: Queryable,
    { consumer, key }: IdempotentRequest,
    { claim, answer }: { readonly claim: string; readonly answer: RecordedAnswer },
  ): Promise<void> {
    const { status, body, headers = {} } = answer;
    const texts = [JSON.stringify(headers), JSON.stringify(body ?? null)];
    const values = [consumer, key, claim, status, ...texts, this.#retentionMs];
    const touched = await queryable.execute(recordSql, values);
    if (touched !== 1) throw new IdempotencyClaimLostError();
  }

  async #release({ consumer, key }: IdempotentRequest, claim: string): Promise<void> {
    await this.#database.execute(releaseSql, [consumer, key, claim]);
  }
}

interface RecordRow {
  readonly request_hash: Buffer;
  readonly status: number | null;
  readonly headers: string | null;
  readonly body: string | null;
}

/** Takes a key that is new, past its time, or left behind by a process that died (KI3). */
const claimSql = {
  name: "idempotency-claim",
  text: `INSERT INTO ashlar_idempotency AS held
      (consumer, key, request_hash, claim, claimed_until, expires_at)
    VALUES ($1, $2, $3, $4,
      now() + $5::float8 * interval '1 ms', now() + $6::float8 * interval '1 ms')
    ON CONFLICT (consumer, key) DO UPDATE SET
      request_hash = EXCLUDED.request_hash, claim = EXCLUDED.claim,
      claimed_until = EXCLUDED.claimed_until, expires_at = EXCLUDED.expires_at,
      status = NULL, headers = NULL, body = NULL
    WHERE held.expires_at <= now()
       OR (held.status IS NULL AND held.claimed_until <= now()
           AND held.request_hash = EXCLUDED.request_hash)
    RETURNING claim`,
};

const findSql = {
  name: "idempotency-find",
  text: `SELECT request_hash, status, headers, body FROM ashlar_idempotency
    WHERE consumer = $1 AND key = $2`,
};

/** Writes only while the claim is still this process's: the fence of KI1. */
const recordSql = {
  name: "idempotency-record",
  text: `UPDATE ashlar_idempotency SET status = $4, headers = $5, body = $6,
      expires_at = now() + $7::float8 * interval '1 ms'
    WHERE consumer = $1 AND key = $2 AND claim = $3 AND status IS NULL`,
};

const releaseSql = {
  name: "idempotency-release",
  text: `DELETE FROM ashlar_idempotency
    WHERE consumer = $1 AND key = $2 AND claim = $3 AND status IS NULL`,
};

/** Records under work past their lease go as well: nobody will finish them. */
const sweepSql = {
  name: "idempotency-sweep",
  text: `DELETE FROM ashlar_idempotency WHERE (consumer, key) IN (
      SELECT consumer, key FROM ashlar_idempotency WHERE expires_at <= now()
      LIMIT $1 FOR UPDATE SKIP LOCKED)`,
};

function answerOf(row: RecordRow, status: number): RecordedAnswer {
  return {
    status,
    body: JSON.parse(row.body ?? "null"),
    headers: JSON.parse(row.headers ?? "{}") as Record<string, string>,
  };
}

function hashOf({ operation, input }: IdempotentRequest): Buffer {
  return createHash("sha256").update(operation).update("\n").update(canonical(input)).digest();
}

/** JSON with sorted names, so that the order of fields does not make another request. */
function canonical(value: unknown): string {
  const sorted = (_name: string, each: unknown): unknown =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each;
  return JSON.stringify(value, sorted) ?? "null";
}

async function sweepWhile(
  signal: AbortSignal,
  context: {
    readonly opened: Idempotency;
    readonly environment: Environment;
    readonly log: Log;
  },
): Promise<void> {
  const { clock, entropy } = context.environment;
  while (!signal.aborted) {
    try {
      await clock.sleep(sweepEveryMs * (0.5 + entropy.fraction()), signal);
      await context.opened.sweep();
    } catch (error) {
      // A database that is away is waited out; readiness tells of it.
      if (!signal.aborted) context.log.debug("idempotency records were not swept", { error });
    }
  }
}
