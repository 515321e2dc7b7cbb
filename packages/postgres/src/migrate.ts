/**
 * Brings a database's schema forward by numbered SQL files, with a history that is checked.
 *
 * Files are named `0001_create_users.sql`, numbered from 1 without gaps, and never change once they
 * have been applied anywhere. Going back is a new file that goes forward.
 *
 * - PMG1  Each file is applied once, in order, in one transaction with its record in the history; one
 *        whose first lines hold `-- no-transaction` runs outside of one, statement by statement.
 * - PMG2  An applied file that was edited, removed or renumbered, a gap, and a malformed name are
 *        refused before anything is applied, with what to do.
 * - PMG3  Any number of replicas may start at once: one applies, the others wait and find it done.
 * - PMG4  A history with more files than the directory is accepted from an older program only when
 *        `allowNewer` is set, as in a rolling update.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeError, type Log, silentLog } from "@ashlar/foundation";
import { MigrationFailedError, MigrationHistoryError, PostgresQueryError } from "./errors.ts";
import { openPool, type Pool, type Queryable } from "./pool.ts";

export interface MigrateOptions {
  readonly pool: Pool;
  /** Directory of the numbered files. */
  readonly directory: string;
  /** Name of the history table, for rooms with tables of their own. Default `ashlar_migration`. */
  readonly history?: string;
  /** Accept a database that a newer version has already migrated further (PMG4). Default false. */
  readonly allowNewer?: boolean;
  /** Time for one statement of a migration. Default 10 minutes. */
  readonly statementTimeoutMs?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

export interface Migration {
  readonly number: number;
  /** For example `0001_create_users.sql`. */
  readonly file: string;
  /** Of the file's bytes with line ends as `\n`, in hexadecimal. */
  readonly sha256: string;
}

export interface AppliedMigration extends Migration {
  /** ISO 8601 in UTC. */
  readonly appliedAt: string;
  readonly durationMs: number;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly Migration[];
  /** Why `migrate` would refuse; empty when it would not. */
  readonly violations: readonly string[];
}

/**
 * Applies what is pending and returns it.
 *
 * @throws {MigrationHistoryError} {@link MigrationFailedError}, and the pool's errors.
 */
export async function migrate(options: MigrateOptions): Promise<readonly Migration[]> {
  const files = await readMigrations(options.directory);
  // Most starts find nothing to do, and one query tells; only the others pay for the lock.
  const present = await migrationStatus(options);
  if (present.pending.length === 0 && present.violations.length === 0) return [];
  // A pool of its own: the lock needs a session beside the files', and migrations take long.
  await using pool = openPool(options.pool.url, {
    environment: options.pool.environment,
    application: "ashlar-migrate",
    max: 2,
    statementTimeoutMs: options.statementTimeoutMs ?? 600_000,
    lockTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  });
  const history = historyTable(options.history);
  // PMG3: the lock's transaction stays open while the files run on the other connection.
  return await pool.transaction(
    async (lock) => {
      // Without a parameter, for then it is sent in a form that keeps no snapshot, for whose end
      // CREATE INDEX CONCURRENTLY would wait for ever.
      await lock.query(`SELECT pg_advisory_xact_lock(hashtextextended('${history}', 0))`);
      await createHistory(pool, history);
      const status = compare(files, await readHistory(pool, history), options);
      if (status.violations.length > 0) {
        throw new MigrationHistoryError(options.directory, status.violations);
      }
      for (const each of status.pending) {
        options.signal?.throwIfAborted();
        await apply(pool, each, { ...options, history });
      }
      return status.pending.map(withoutText);
    },
    { retries: 0 },
  );
}

/** What has been applied, what is pending, and what is wrong. Changes nothing. */
export async function migrationStatus(
  options: Pick<MigrateOptions, "pool" | "directory" | "history" | "allowNewer">,
): Promise<MigrationStatus> {
  const files = await readMigrations(options.directory);
  const history = historyTable(options.history);
  const [found] = await options.pool.query<{ exists: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS exists",
    [history],
  );
  const applied = found?.exists === true ? await readHistory(options.pool, history) : [];
  const status = compare(files, applied, options);
  return { ...status, pending: status.pending.map(withoutText) };
}

/** Those not yet applied; empty means that the schema is as this version expects it. */
export async function pendingMigrations(
  options: Pick<MigrateOptions, "pool" | "directory" | "history" | "allowNewer">,
): Promise<readonly Migration[]> {
  return (await migrationStatus(options)).pending;
}

interface MigrationFile extends Migration {
  readonly sql: string;
}

const namePattern = /^(\d{4,})_[a-z0-9][a-z0-9_-]*\.sql$/;

/** @throws {MigrationHistoryError} for misnamed, doubled and missing numbers (PMG2). */
async function readMigrations(directory: string): Promise<readonly MigrationFile[]> {
  const violations: string[] = [];
  const files: MigrationFile[] = [];
  for (const file of (await listDirectory(directory)).toSorted()) {
    if (!file.endsWith(".sql")) continue;
    const match = namePattern.exec(file);
    if (match === null) {
      violations.push(`${file}: name it like 0001_create_users.sql (lower case, four digits)`);
      continue;
    }
    const sql = (await readFile(join(directory, file), "utf8")).replaceAll("\r\n", "\n");
    const sha256 = createHash("sha256").update(sql).digest("hex");
    files.push({ number: Number(match[1]), file, sha256, sql });
  }
  files.sort((a, b) => a.number - b.number);
  for (const [index, each] of files.entries()) {
    if (each.number === index + 1) continue;
    const next = String(index + 1).padStart(4, "0");
    violations.push(
      `${each.file}: expected number ${next} here; numbers start at 0001 without gaps`,
    );
    break;
  }
  if (violations.length > 0) throw new MigrationHistoryError(directory, violations);
  return files;
}

async function listDirectory(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const reason = `the directory cannot be read: ${describeError(error)}`;
    throw new MigrationHistoryError(directory, [reason]);
  }
}

/** A table name for use in SQL text, which parameters cannot stand for. */
function historyTable(name = "ashlar_migration"): string {
  if (/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/.test(name)) return name;
  throw new MigrationHistoryError("", [
    `history table "${name}": use lower case letters, digits, _`,
  ]);
}

async function createHistory(database: Queryable, history: string): Promise<void> {
  await database.execute(`CREATE TABLE IF NOT EXISTS ${history} (
    number integer PRIMARY KEY,
    file text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    duration_ms integer NOT NULL
  )`);
}

async function readHistory(
  database: Queryable,
  history: string,
): Promise<readonly AppliedMigration[]> {
  const rows = await database.query<Migration & { appliedAt: Date; durationMs: number }>(
    `SELECT number, file, sha256, applied_at AS "appliedAt", duration_ms AS "durationMs"
       FROM ${history} ORDER BY number`,
  );
  return rows.map((each) => ({ ...each, appliedAt: each.appliedAt.toISOString() }));
}

function withoutText({ number, file, sha256 }: MigrationFile): Migration {
  return { number, file, sha256 };
}

/** What the files and the history say together. */
interface Comparison {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly MigrationFile[];
  readonly violations: readonly string[];
}

/** Lays the files beside the history (PMG2, PMG4). */
function compare(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  options: Pick<MigrateOptions, "allowNewer">,
): Comparison {
  const violations: string[] = [];
  for (const done of applied) {
    const file = files[done.number - 1];
    if (file === undefined) {
      if (options.allowNewer === true && done.number > files.length) continue;
      violations.push(
        `${done.file}: applied on ${done.appliedAt}, but the file is gone; ` +
          "restore it, or run the version that has it",
      );
    } else if (file.file !== done.file) {
      violations.push(
        `${file.file}: number ${done.number} was applied as ${done.file}; ` +
          "restore that name and give the new file the next number",
      );
    } else if (file.sha256 !== done.sha256) {
      violations.push(
        `${file.file}: edited after it was applied on ${done.appliedAt}; ` +
          "restore it and put the change into a new file",
      );
    }
  }
  const last = applied.at(-1)?.number ?? 0;
  return { applied, pending: files.filter((each) => each.number > last), violations };
}

async function apply(
  pool: Pool,
  file: MigrationFile,
  options: MigrateOptions & { readonly history: string },
): Promise<void> {
  const { clock } = options.pool.environment;
  const startedMs = clock.monotonicMs();
  const record = async (database: Queryable): Promise<void> => {
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    await database.execute(
      `INSERT INTO ${options.history} (number, file, sha256, duration_ms) VALUES ($1, $2, $3, $4)`,
      [file.number, file.file, file.sha256, durationMs],
    );
  };
  try {
    if (isOutsideTransaction(file.sql)) {
      for (const statement of splitStatements(file.sql)) await pool.execute(statement);
      await record(pool);
    } else {
      await pool.transaction(
        async (transaction) => {
          await transaction.execute(file.sql);
          await record(transaction);
        },
        { retries: 0 },
      );
    }
  } catch (error) {
    throw new MigrationFailedError(file.file, failureReason(error, file.sql), { cause: error });
  }
  const durationMs = Math.round(clock.monotonicMs() - startedMs);
  (options.log ?? silentLog).info("migration applied", { file: file.file, durationMs });
}

/** With the line of the fault, where the server knows it and the file was sent as a whole. */
function failureReason(error: unknown, text: string): string {
  if (!(error instanceof PostgresQueryError)) return describeError(error);
  const { reason, position, sqlState } = error.detail;
  if (position === 0 || isOutsideTransaction(text)) return `${reason} (SQLSTATE ${sqlState})`;
  const line = text.slice(0, position).split("\n").length;
  return `${reason} (line ${line}, SQLSTATE ${sqlState})`;
}

/** Whether the comment lines before the first statement ask for no transaction (PMG1). */
function isOutsideTransaction(sql: string): boolean {
  for (const line of sql.split("\n")) {
    const text = line.trim();
    if (text === "") continue;
    if (!text.startsWith("--")) return false;
    if (/^--\s*no-transaction\b/.test(text)) return true;
  }
  return false;
}

/**
 * The statements of a text, split at the semicolons that end them. Several statements sent as one
 * text would run in one implicit transaction, which `CREATE INDEX CONCURRENTLY` refuses.
 */
export function splitStatements(sql: string): readonly string[] {
  // In turn: comments, quoted text, quoted names, dollar-quoted text, the separator, anything else.
  const token =
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|;|[\s\S]/g;
  const statements: string[] = [];
  let present = "";
  let hasCode = false;
  for (const [text] of sql.matchAll(token)) {
    if (text === ";") {
      if (hasCode) statements.push(present.trim());
      present = "";
      hasCode = false;
      continue;
    }
    present += text;
    if (!/^(--|\/\*|\s)/.test(text)) hasCode = true;
  }
  if (hasCode) statements.push(present.trim());
  return statements;
}
