/**
 * A service's database: a pool that is open, migrated, watched and traced.
 *
 * @module
 */
import { resolve } from "node:path";
import { describeError, type Environment, type Log, type Scope } from "@ashlar/foundation";
import { migrate, openPool, type Pool, type PoolOptions, type QueryReport } from "@ashlar/postgres";
import type { Telemetry } from "@ashlar/telemetry";
import { databaseConnections, databaseQuerySeconds } from "./metrics.ts";

export interface DatabaseOptions {
  /** Directory of numbered migrations. Default: what the Plan says of the store. */
  readonly migrations?: string | null;
  /** Connections at most. Default 10. */
  readonly max?: number;
}

export interface DatabaseContext {
  /** The variable that carries the URL; names the database in checks, logs and metrics. */
  readonly name: string;
  readonly url: string;
  readonly directory: string;
  readonly instance: string;
  readonly environment: Environment;
  readonly telemetry: Pick<Telemetry, "health" | "tracer" | "metrics">;
  readonly log: Log;
  readonly scope: Scope;
  /** Aborted when the service's time to open is over. */
  readonly signal: AbortSignal;
}

/**
 * Opens the pool, waits for the server while the service may still start, and migrates.
 *
 * @throws coded errors of @ashlar/postgres.
 */
export async function openDatabase(
  context: DatabaseContext,
  migrations: string | null,
  options: DatabaseOptions,
): Promise<Pool> {
  const { name, environment, log, scope, telemetry, signal } = context;
  const pool = scope.own(
    openPool(context.url, {
      environment,
      application: context.instance,
      log,
      ...(options.max === undefined ? {} : { max: options.max }),
      onQuery: queryObserver(context),
    } satisfies PoolOptions),
  );
  await untilReachable(pool, context);
  if (migrations !== null) {
    const directory = resolve(context.directory, migrations);
    const applied = await migrate({ pool, directory, allowNewer: true, log, signal });
    if (applied.length > 0) {
      log.info("database migrated", { store: name, files: applied.map((each) => each.file) });
    }
  }
  scope.own(telemetry.health.addCheck(name, (checkSignal) => pool.ping(checkSignal)));
  const connections = telemetry.metrics.gauge(databaseConnections);
  scope.own(
    telemetry.metrics.onExpose(() => {
      const { connections: open, idle, waiting } = pool.status;
      connections.set({ store: name, state: "busy" }, open - idle);
      connections.set({ store: name, state: "idle" }, idle);
      connections.set({ store: name, state: "waiting" }, waiting);
    }),
  );
  return pool;
}

async function untilReachable(pool: Pool, context: DatabaseContext): Promise<void> {
  const { log, name, signal } = context;
  try {
    await pool.ping(signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn("waiting for the database", { store: name, reason: describeError(error) });
    await pool.untilReady(signal);
    log.info("the database answers", { store: name });
  }
}

/** A span and a measure for each statement that runs in somebody's trace. */
function queryObserver(context: DatabaseContext): (report: QueryReport) => void {
  const { tracer, metrics } = context.telemetry;
  const seconds = metrics.histogram(databaseQuerySeconds);
  return (report) => {
    seconds.observe({ store: context.name }, report.durationMs / 1000);
    if (tracer.current() === undefined) return;
    if (report.error === undefined && bracketing.test(report.name)) return;
    const span = tracer.start(`SQL ${report.name}`, {
      kind: "client",
      startWallMs: report.startedWallMs,
      attributes: {
        "db.system.name": "postgresql",
        "db.operation.name": report.name,
        "db.rows": report.rows,
      },
    });
    if (report.error !== undefined) span.fail(report.error);
    span.end();
  };
}

/** Statements that only surround others; in a trace they would be noise. */
const bracketing = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;
