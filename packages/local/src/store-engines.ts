/**
 * The port to real storage engines. The supervisor declares what it needs; the command line joins
 * it to `@ashlar/postgres`. One engine process serves every store and stream of a system.
 *
 * @module
 */
import type { Log } from "@ashlar/foundation";
import type { ExitStatus } from "./status.ts";

export interface PostgresEngineOptions {
  /** Created and initialised by the engine where it is empty; kept between runs. */
  readonly dataDir: string;
  /** Loopback port to listen on; the same at every start of a system. */
  readonly port: number;
  readonly log: Log;
  /** One line of the engine's own log. */
  readonly onLine: (line: string) => void;
  /** Aborted: give up starting. A running engine is ended by disposing of it. */
  readonly signal: AbortSignal;
}

export interface DatabaseRequest {
  /** SQL identifier: `[a-z][a-z0-9_]*`, at most 63 characters. */
  readonly database: string;
  /** A stream's database holds its events and cursors rather than a part's tables. */
  readonly purpose: "store" | "stream";
  /** Absolute path of a directory of numbered `.sql` files, or null. Applied before anyone connects. */
  readonly migrationsDir: string | null;
  readonly maxConnections: number;
}

/** A running PostgreSQL. Disposing ends it in an orderly way (fast shutdown) and awaits its end. */
export interface PostgresEngine extends AsyncDisposable {
  /** The postmaster's process id: the warden ends it should the supervisor die. */
  readonly pid: number;
  /** Settles when the process has ended, whoever ended it. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Creates the database where it does not exist, migrates it, and gives its URL. Idempotent. */
  prepare(request: DatabaseRequest): Promise<string>;
}

export interface StoreEngines {
  /**
   * The address that {@link PostgresEngine.prepare} will give for a database, before any server
   * runs; undefined when that is not known. With it, parts load their modules while PostgreSQL starts.
   */
  predictUrl?(
    options: Pick<PostgresEngineOptions, "dataDir" | "port">,
    database: string,
  ): Promise<string | undefined>;
  /** Starts PostgreSQL and settles when it accepts connections. */
  openPostgres(options: PostgresEngineOptions): Promise<PostgresEngine>;
  /** Migrates a store that lives at an address from outside; settles when it can be used. */
  prepareExternal(url: string, request: DatabaseRequest, signal: AbortSignal): Promise<void>;
}
