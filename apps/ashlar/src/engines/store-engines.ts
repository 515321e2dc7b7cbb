/**
 * Joins the supervisor's port to real engines: an embedded PostgreSQL that serves every store and
 * stream of a system, and migrations, on it or on a server from outside.
 *
 * @module
 */
import { describeError, type Environment, type Log } from "@ashlar/foundation";
import type {
  DatabaseRequest,
  ExitStatus,
  PostgresEngine,
  PostgresEngineOptions,
  StoreEngines,
} from "@ashlar/local";
import type { Plan } from "@ashlar/model";
import { EmbeddedPostgres, migrate, openPool } from "@ashlar/postgres";

interface EngineOptions {
  readonly environment: Environment;
  readonly log: Log;
  /** Of the one server, over all of its databases. */
  readonly maxConnections: number;
}

export function createStoreEngines(options: EngineOptions): StoreEngines {
  return {
    openPostgres: (engine) => openEmbedded(options, engine),
    prepareExternal: async (url, request, signal) => {
      if (/^postgres(ql)?:/.test(url)) await bringForward(options, { url, request, signal });
    },
  };
}

/** Every store's share, and some for streams and for administration. */
export function connectionsOf(plan: Plan): number {
  const stores = Object.values(plan.stores).filter((store) => store.engine === "postgres");
  const wanted = stores.reduce((sum, store) => sum + store.maxConnections, 0);
  const streams = Object.keys(plan.streams).length * 40;
  return Math.min(500, Math.max(100, wanted + streams + 20));
}

async function openEmbedded(
  options: EngineOptions,
  engine: PostgresEngineOptions,
): Promise<PostgresEngine> {
  const { environment, maxConnections } = options;
  const { dataDir, port, log, signal } = engine;
  const server = await EmbeddedPostgres.open({
    dataDir,
    port,
    environment,
    log,
    signal,
    maxConnections,
  });
  const closed = new AbortController();
  return {
    pid: server.pid,
    exited: server.exited.then(async ({ code, signal: ending }): Promise<ExitStatus> => {
      const at = new Date(environment.clock.wallMs()).toISOString();
      // However it ended, its directory must be free before it is opened again.
      await server.close().catch((error: unknown) => {
        log.warn("PostgreSQL's directory was not given back", { reason: describeError(error) });
      });
      return { code, signal: ending, at };
    }),
    prepare: async (request) => {
      const url = await server.createDatabase(request.database);
      await bringForward(options, { url, request, signal: closed.signal });
      return url;
    },
    [Symbol.asyncDispose]: async () => {
      closed.abort();
      await server.close();
    },
  };
}

interface Migrating {
  readonly url: string;
  readonly request: DatabaseRequest;
  readonly signal: AbortSignal;
}

async function bringForward(
  { environment, log }: EngineOptions,
  { url, request, signal }: Migrating,
): Promise<void> {
  const directory = request.migrationsDir;
  if (directory === null) return;
  await using pool = openPool(url, { environment, application: "ashlar-migrate", max: 1, log });
  await migrate({ pool, directory, log, signal });
}
