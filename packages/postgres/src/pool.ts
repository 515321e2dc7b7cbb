/**
 * Bounded, timed access to one database: a thin layer over `pg`.
 *
 * It adds limits (connections, waiters, time), coded errors without secrets, transactions that are
 * run again when they lose against a concurrent one, and a hook for traces. It hides no SQL.
 *
 * - PPL1  At most `max` connections and `maxWaiting` waiters; one more caller is refused at once.
 * - PPL2  A transaction commits only if its function settles; any failure rolls it back, and its
 *        connection is never handed out with the transaction still open.
 * - PPL3  Only what certainly did not commit is run again. A COMMIT without an answer is reported as
 *        `POSTGRES_OUTCOME_UNKNOWN`, never retried here.
 * - PPL4  After the server comes back the pool works again without being reopened.
 * - PPL5  No error holds the URL, the password, or a row's value.
 *
 * @module
 */
import { type Backoff, backoffMs, type Environment, type Log, silentLog } from "@ashlar/foundation";
import { type ClientBase, Pool as PgPool, type PoolClient, types as pgTypes } from "pg";
import {
  isRetryable,
  PostgresConflictError,
  PostgresNumberError,
  PostgresOutcomeUnknownError,
  PostgresPoolClosedError,
  PostgresPoolExhaustedError,
  PostgresQueryError,
  PostgresTimeoutError,
  PostgresUnavailableError,
  postgresErrorFrom,
} from "./errors.ts";
import { formatPostgresUrl, parsePostgresUrl } from "./url.ts";

/** SQL text, or SQL with a name: then it is prepared once a connection, and traces show the name. */
export type Statement = string | { readonly name: string; readonly text: string };

export type Row = Readonly<Record<string, unknown>>;

/** What both a pool and a transaction can do. */
export interface Queryable {
  /**
   * The rows. `int8` comes as a number, `numeric` and `date` as text, `timestamptz` as a Date,
   * `json` and `jsonb` parsed, `bytea` as a Buffer.
   */
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]>;
  /** How many rows a write touched. */
  execute(statement: Statement, values?: readonly unknown[]): Promise<number>;
}

/** An open transaction; valid only inside the function that was given it. */
export interface Transaction extends Queryable {
  /** Runs `then` once the transaction has committed; never when it rolls back. Must not throw. */
  onCommit(then: () => void): void;
}

export interface TransactionOptions {
  /** Default `read committed`. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  /** How often to run the function again after a conflict. Default 5. It must be repeatable. */
  readonly retries?: number;
  /** Aborting it gives up between two statements, and while waiting. */
  readonly signal?: AbortSignal;
}

export interface QueryReport {
  /** The statement's name, or the first words of its text. */
  readonly name: string;
  readonly startedWallMs: number;
  readonly durationMs: number;
  readonly rows: number;
  readonly error?: unknown;
}

export interface PoolOptions {
  readonly environment: Environment;
  /** Shown in `pg_stat_activity`; the instance's name. */
  readonly application?: string;
  /** Connections at most. Default 10. */
  readonly max?: number;
  /** Callers that may wait for a connection. Default 200. */
  readonly maxWaiting?: number;
  /** For opening a connection, and for waiting for a free one. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** For one statement. Default 30 s; 0 for none. */
  readonly statementTimeoutMs?: number;
  /** For one lock. Default 10 s; 0 for none. */
  readonly lockTimeoutMs?: number;
  /** For a transaction that does nothing. Default 60 s; 0 for none. */
  readonly idleInTransactionTimeoutMs?: number;
  /** After which an unused connection is closed. Default 30 s. */
  readonly idleTimeoutMs?: number;
  readonly log?: Log;
  /** Told of every statement; for traces and metrics. Must not throw. */
  readonly onQuery?: (report: QueryReport) => void;
}

export interface PoolStatus {
  readonly connections: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number;
}

export interface Pool extends Queryable, AsyncDisposable {
  /** Runs `work` in a transaction; see {@link TransactionOptions} for when it is run again. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Settles when the server answers; for readiness. @throws coded errors, or the signal's reason. */
  ping(signal: AbortSignal): Promise<void>;
  /** Pings with back-off until the server answers or the signal is aborted. */
  untilReady(signal: AbortSignal): Promise<void>;
  readonly status: PoolStatus;
  /** Where it points to; the password is only in here. Not for logs. */
  readonly url: string;
  readonly environment: Environment;
  /** Waits for work in flight, then closes the connections. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a pool. Opens no connection yet: a server that is down shows at the first query.
 *
 * @throws {PostgresUrlError} `POSTGRES_URL_INVALID`.
 */
export function openPool(url: string, options: PoolOptions): Pool {
  return new BoundedPool(url, options);
}

const conflictBackoff: Backoff = { initialMs: 10, maxMs: 500 };
const readyBackoff: Backoff = { initialMs: 50, maxMs: 1_000 };

class BoundedPool implements Pool {
  readonly url: string;
  readonly environment: Environment;
  readonly #options: PoolOptions;
  readonly #log: Log;
  readonly #pool: PgPool;
  readonly #max: number;
  readonly #maxWaiting: number;
  #closing: Promise<void> | undefined;

  constructor(url: string, options: PoolOptions) {
    const parsed = parsePostgresUrl(url);
    this.url = url;
    this.environment = options.environment;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#max = options.max ?? 10;
    this.#maxWaiting = options.maxWaiting ?? 200;
    this.#pool = new PgPool({
      connectionString: formatPostgresUrl(parsed),
      max: this.#max,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      idleTimeoutMillis: options.idleTimeoutMs ?? 30_000,
      ...timeoutsOf(options),
      keepAlive: true,
      application_name: options.application ?? "ashlar",
      types: { getTypeParser },
    });
    // Without listeners, a connection that the server drops would end the process: one in use ...
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
    // ... (its query fails as well, and reports it) and an idle one.
    this.#pool.on("error", (error) => {
      const reason = postgresErrorFrom(error, "idle").message;
      this.#log.warn("an idle database connection was lost", { reason });
    });
  }

  get status(): PoolStatus {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { connections: totalCount, idle: idleCount, waiting: waitingCount, max: this.#max };
  }

  async query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#once(statement, values)).rows as R[];
  }

  async execute(statement: Statement, values?: readonly unknown[]): Promise<number> {
    return (await this.#once(statement, values)).rowCount;
  }

  async transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const attemptsMax = (options.retries ?? 5) + 1;
    const { clock, entropy } = this.environment;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work, options);
      } catch (error) {
        if (!(error instanceof PostgresConflictError)) throw error;
        const { reason, sqlState } = error.detail;
        if (attempt >= attemptsMax) {
          throw new PostgresConflictError(reason, sqlState, attempt, { cause: error });
        }
        const waitMs = backoffMs(conflictBackoff, attempt, entropy.fraction());
        await clock.sleep(waitMs, options.signal ?? neverAborted);
      }
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const connecting = this.#connect();
    const work = connecting.then((client) => this.#run(client, "SELECT 1", []));
    let isClean = false;
    try {
      await abortable(work, signal);
      isClean = true;
    } finally {
      // After an abort an answer may still be under way on the connection, so it is not used again.
      void connecting.then(
        (client) => client.release(!isClean),
        () => undefined,
      );
    }
  }

  async untilReady(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.ping(signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!isRetryable(error)) throw error;
        const { clock, entropy } = this.environment;
        await clock.sleep(backoffMs(readyBackoff, attempt, entropy.fraction()), signal);
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A connection of this pool's own; the caller releases it. */
  async #connect(): Promise<PoolClient> {
    if (this.#closing !== undefined) throw new PostgresPoolClosedError();
    const { totalCount, idleCount, waitingCount } = this.#pool;
    if (idleCount === 0 && totalCount >= this.#max && waitingCount >= this.#maxWaiting) {
      throw new PostgresPoolExhaustedError(totalCount, waitingCount);
    }
    try {
      return await this.#pool.connect();
    } catch (error) {
      const { totalCount: connections, waitingCount: waiting } = this.#pool;
      if (/timeout exceeded when trying/.test(String(error)) && connections >= this.#max) {
        throw new PostgresPoolExhaustedError(connections, waiting);
      }
      throw postgresErrorFrom(error, "connect");
    }
  }

  async #once(statement: Statement, values: readonly unknown[] = []): Promise<Result> {
    const client = await this.#connect();
    let broken = false;
    try {
      return await this.#run(client, statement, values);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #attempt<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const client = await this.#connect();
    const open = new OpenTransaction((statement, values) => {
      options.signal?.throwIfAborted();
      return this.#run(client, statement, values);
    });
    let result: T;
    try {
      await this.#run(client, beginText(options), []);
      result = await work(open);
      open.end();
      await this.#commit(client);
    } catch (error) {
      open.end();
      // PPL2: a connection whose rollback fails is thrown away.
      const kept = !isBroken(error) && (await this.#rolledBack(client));
      client.release(!kept);
      throw error;
    }
    client.release();
    open.committed();
    return result;
  }

  async #commit(client: PoolClient): Promise<void> {
    let command: string;
    try {
      command = (await this.#run(client, "COMMIT", [])).command;
    } catch (error) {
      // PPL3: a refused commit (a deferred constraint, a serialization failure) is an answer; these are not.
      if (error instanceof PostgresUnavailableError || error instanceof PostgresTimeoutError) {
        throw new PostgresOutcomeUnknownError(error.detail.reason, { cause: error });
      }
      throw error;
    }
    if (command === "ROLLBACK") {
      const reason = "a statement in the transaction had failed and its error was swallowed";
      throw new PostgresQueryError(reason, "25P02", "COMMIT");
    }
  }

  async #rolledBack(client: PoolClient): Promise<boolean> {
    try {
      await this.#run(client, "ROLLBACK", []);
      return true;
    } catch {
      return false;
    }
  }

  async #run(
    client: ClientBase,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Result> {
    const name = statementName(statement);
    const { clock } = this.environment;
    const startedWallMs = clock.wallMs();
    const startedMs = clock.monotonicMs();
    const report = (rows: number, error?: unknown): void =>
      this.#options.onQuery?.({
        name,
        startedWallMs,
        durationMs: clock.monotonicMs() - startedMs,
        rows,
        ...(error === undefined ? {} : { error }),
      });
    try {
      const query = typeof statement === "string" ? { text: statement } : statement;
      const result = await client.query<Record<string, unknown>>({ ...query, values: [...values] });
      // Several statements in one text give several results; the last one is the answer.
      const last = (Array.isArray(result) ? result.at(-1) : result) as typeof result;
      report(last.rows.length);
      return { rows: last.rows, rowCount: last.rowCount ?? 0, command: last.command };
    } catch (thrown) {
      const error = postgresErrorFrom(thrown, name);
      report(0, error);
      throw error;
    }
  }
}

interface Result {
  readonly rows: readonly Record<string, unknown>[];
  readonly rowCount: number;
  readonly command: string;
}

class OpenTransaction implements Transaction {
  readonly #run: (statement: Statement, values: readonly unknown[]) => Promise<Result>;
  readonly #afterCommit: (() => void)[] = [];
  #ended = false;

  constructor(run: (statement: Statement, values: readonly unknown[]) => Promise<Result>) {
    this.#run = run;
  }

  async query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#inside(statement, values)).rows as R[];
  }

  async execute(statement: Statement, values?: readonly unknown[]): Promise<number> {
    return (await this.#inside(statement, values)).rowCount;
  }

  onCommit(then: () => void): void {
    this.#afterCommit.push(then);
  }

  end(): void {
    this.#ended = true;
  }

  committed(): void {
    for (const then of this.#afterCommit) then();
  }

  #inside(statement: Statement, values: readonly unknown[] = []): Promise<Result> {
    if (this.#ended) {
      // A forgotten `await`: the statement would run outside of the transaction, or in another's.
      const reason = "its transaction has ended; is an await missing?";
      throw new PostgresQueryError(reason, "25000", statementName(statement));
    }
    return this.#run(statement, values);
  }
}

const neverAborted: AbortSignal = new AbortController().signal;

function timeoutsOf(options: PoolOptions): Record<string, number> {
  const statementMs = options.statementTimeoutMs ?? 30_000;
  return {
    statement_timeout: statementMs,
    lock_timeout: options.lockTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 60_000,
    // The server enforces the limit; this one is for a server that no longer answers at all.
    ...(statementMs > 0 ? { query_timeout: statementMs + 5_000 } : {}),
  };
}

function beginText(options: TransactionOptions): string {
  const isolation = options.isolation ?? "read committed";
  return `BEGIN ISOLATION LEVEL ${isolation.toUpperCase()}${options.readOnly === true ? " READ ONLY" : ""}`;
}

/** True when the connection cannot be used again, or must not be. */
function isBroken(error: unknown): boolean {
  return (
    error instanceof PostgresUnavailableError ||
    error instanceof PostgresOutcomeUnknownError ||
    (error instanceof PostgresTimeoutError && /did not answer/.test(error.message)) ||
    // Prepared statements of this connection are stale; a new one prepares them afresh.
    (error instanceof PostgresConflictError && error.detail.sqlState === "0A000")
  );
}

function statementName(statement: Statement): string {
  if (typeof statement !== "string") return statement.name;
  const words = statement.trim().split(/\s+/, 3).join(" ");
  return words.length > 60 ? `${words.slice(0, 60)}…` : words;
}

/** `work`, or a rejection with the signal's reason if that comes first. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => undefined); // Its failure after the abort has been reported by the abort.
  }
}

const { INT8, DATE } = pgTypes.builtins;

/** As `pg` parses, but `int8` as a number and `date` as text (a day has no time zone). */
const getTypeParser: typeof pgTypes.getTypeParser = (
  oid: Parameters<typeof pgTypes.getTypeParser>[0],
  format?: string,
) => {
  if (oid === INT8) return parseInt8;
  if (oid === DATE) return (text: string) => text;
  return pgTypes.getTypeParser(oid, format as "text");
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new PostgresNumberError(text.length);
  return value;
}
