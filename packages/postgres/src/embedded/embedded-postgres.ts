/**
 * A real PostgreSQL, run by this process on this machine: nothing to install, nothing to configure.
 *
 * - EP1  Acknowledged means durable: `fsync` is on, and a database that was killed recovers.
 * - EP2  It listens on 127.0.0.1 only, and every login needs a password that was generated here.
 * - EP3  It never runs as root.
 * - EP4  It leaves no process behind, however its owner ends.
 * - EP5  Opening is possible after any crash of owner or server: what is stale is cleared away.
 *
 * Layout of `dataDir`: `cluster/` (PGDATA; or `cluster.location`, see `cluster.ts`),
 * `credentials.json` (0600), `owner.json`, `server.log`, `server.log.1`.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Environment, hasCode, type Log, Scope, silentLog } from "@ashlar/foundation";
import { escapeLiteral } from "pg";
import { CredentialFile, scramVerifier } from "../credential-file.ts";
import { openPool, type Pool } from "../pool.ts";
import { provisionDatabase } from "../provision.ts";
import { formatPostgresUrl } from "../url.ts";
import { unprivilegedAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import {
  defaultCacheDir,
  forgetInitialPassword,
  prepareCluster,
  removeCluster,
  superuser,
} from "./cluster.ts";
import { LogFile } from "./log-file.ts";
import { claimDirectory, stopLeftoverServer } from "./ownership.ts";
import { type ServerExit, ServerProcess } from "./server-process.ts";

export interface EmbeddedPostgresOptions {
  /** Created if missing; one database server keeps all of its files in it. */
  readonly dataDir: string;
  /** Port of 127.0.0.1. Default: a free one, chosen anew at each opening. */
  readonly port?: number;
  readonly environment: Environment;
  readonly log?: Log;
  /** Ends an opening that is under way. An open server is ended by `close` only. */
  readonly signal?: AbortSignal;
  /** Default 100. */
  readonly maxConnections?: number;
  /** More settings of PostgreSQL, for example `{ work_mem: "16MB" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the template and, if need be, copied binaries are kept. Default: the user's cache. */
  readonly cacheDir?: string;
}

export class EmbeddedPostgres implements AsyncDisposable {
  /** Of the server's main process. */
  readonly pid: number;
  readonly port: number;
  /** Superuser's URL. Not for parts, not for logs. */
  readonly adminUrl: string;
  /** Path of the server's log. */
  readonly logPath: string;
  /**
   * Settles when the server has ended, for whatever reason. After an end that was not expected, close
   * this one and open another with the same options: it recovers.
   */
  readonly exited: Promise<ServerExit>;
  readonly #server: ServerProcess;
  readonly #admin: Pool;
  readonly #credentials: CredentialFile;
  readonly #scope: Scope;

  private constructor(parts: OpenParts) {
    this.pid = parts.server.pid;
    this.port = parts.port;
    this.adminUrl = parts.admin.url;
    this.logPath = parts.logPath;
    this.exited = parts.server.exited;
    this.#server = parts.server;
    this.#admin = parts.admin;
    this.#credentials = parts.credentials;
    this.#scope = parts.scope;
  }

  /**
   * Initialises the directory if it is new, starts the server, and waits until it accepts connections.
   *
   * @throws {PostgresBinariesError} {@link PostgresAccountError} {@link PostgresDataInUseError}
   *   {@link PostgresDataVersionError} {@link PostgresPortInUseError} {@link PostgresStartError}
   */
  static async open(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const scope = new Scope();
    try {
      return new EmbeddedPostgres(await openParts(options, scope));
    } catch (error) {
      await scope.close();
      throw error;
    }
  }

  /** Removes a closed server's files, those outside of `dataDir` included. */
  static async remove(dataDir: string): Promise<void> {
    await removeCluster(resolve(dataDir));
  }

  /**
   * Creates a database that only its own role, of the same name, can connect to, and returns that
   * role's URL. Idempotent; the URL changes only with the port.
   *
   * @throws {PostgresNameError} {@link PostgresUnavailableError}
   */
  createDatabase(name: string): Promise<string> {
    return provisionDatabase({ admin: this.#admin, name, credentials: this.#credentials });
  }

  /** Settles when the server answers. */
  ping(signal: AbortSignal): Promise<void> {
    return this.#admin.ping(signal);
  }

  /** Ends the server as a crash would. For tests. */
  kill(): void {
    this.#server.kill();
  }

  /** Stops the server in an orderly way and waits for its end. Idempotent. */
  close(): Promise<void> {
    return this.#scope.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface OpenParts {
  readonly server: ServerProcess;
  readonly port: number;
  readonly admin: Pool;
  readonly credentials: CredentialFile;
  readonly logPath: string;
  readonly scope: Scope;
}

async function openParts(options: EmbeddedPostgresOptions, scope: Scope): Promise<OpenParts> {
  const { environment, log = silentLog, signal = new AbortController().signal } = options;
  const dataDir = resolve(options.dataDir);
  // Others may pass through, so that the server's account can reach its own directory; not read.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  scope.own(await claimDirectory(dataDir));

  const account = await unprivilegedAccount();
  const cacheDir = options.cacheDir ?? defaultCacheDir(account);
  const binaries = await findBinaries(account, cacheDir);
  const cluster = await prepareCluster({ dataDir, binaries, account, cacheDir, signal });
  if (await stopLeftoverServer(cluster.directory, environment.clock)) {
    log.warn("stopped a database that a dead process had left running", { dataDir });
  }

  const port = options.port ?? (await freePort());
  const logPath = join(dataDir, "server.log");
  const server = await ServerProcess.open(
    {
      program: binaries.postgres,
      arguments: ["-D", cluster.directory, ...settingArguments(options, port)],
      account,
      port,
      clock: environment.clock,
      log,
      logFile: new LogFile(logPath, 8 * 1024 * 1024),
    },
    signal,
  );
  scope.defer(async () => void (await server.stop()));

  const credentials = new CredentialFile(join(dataDir, "credentials.json"), environment.entropy);
  const password = credentials.ensure(superuser);
  if (cluster.initialPassword !== undefined) {
    await takeOver(adminUrl(port, cluster.initialPassword), password, environment);
    await forgetInitialPassword(dataDir);
  }
  const admin = scope.own(
    openPool(adminUrl(port, password), { environment, application: "ashlar-admin", max: 4, log }),
  );
  await admin.ping(signal);
  return { server, port, admin, credentials, logPath, scope };
}

function adminUrl(port: number, password: string): string {
  const server = { host: "127.0.0.1", port, parameters: "" };
  return formatPostgresUrl({ ...server, user: superuser, password, database: "postgres" });
}

/** Replaces the template's password by this server's own, and closes the common databases. */
async function takeOver(url: string, password: string, environment: Environment): Promise<void> {
  await using pool = openPool(url, { environment, application: "ashlar-admin", max: 1 });
  const verifier = escapeLiteral(scramVerifier(password, environment.entropy.bytes(16)));
  try {
    await pool.transaction(async (transaction) => {
      await transaction.execute(
        "REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC",
      );
      await transaction.execute(`ALTER ROLE ${superuser} PASSWORD ${verifier}`);
    });
  } catch (error) {
    // Refused: an earlier opening took over, and crashed before it could forget the old password.
    if (!hasCode(error, "POSTGRES_REFUSED")) throw error;
  }
}

/** Small in memory and in processes, safe on disk (EP1), silent about values in its log. */
function settingArguments(options: EmbeddedPostgresOptions, port: number): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: String(options.maxConnections ?? 100),
    shared_buffers: "64MB",
    io_method: "sync",
    max_wal_senders: "0",
    wal_level: "minimal",
    max_wal_size: "512MB",
    max_logical_replication_workers: "0",
    max_parallel_workers_per_gather: "0",
    autovacuum_naptime: "15s",
    jit: "off",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    timezone: "UTC",
    log_timezone: "UTC",
    log_destination: "stderr",
    logging_collector: "off",
    log_line_prefix: "%m [%p] %q%u@%d ",
    log_checkpoints: "off",
    // Neither statements nor DETAIL lines, which quote values, reach the log.
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** A port that was free a moment ago; where another takes it meanwhile, opening says so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}
