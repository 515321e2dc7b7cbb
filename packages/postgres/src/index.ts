export { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded/embedded-postgres.ts";
export type { ServerExit } from "./embedded/server-process.ts";
export * from "./errors.ts";
export {
  migrateMessaging,
  PostgresInbox,
  PostgresOutbox,
  type PostgresOutboxOptions,
} from "./messaging.ts";
export {
  type AppliedMigration,
  type MigrateOptions,
  type Migration,
  type MigrationStatus,
  migrate,
  migrationStatus,
  pendingMigrations,
} from "./migrate.ts";
export {
  openPool,
  type Pool,
  type PoolOptions,
  type PoolStatus,
  type Queryable,
  type QueryReport,
  type Row,
  type Statement,
  type Transaction,
  type TransactionOptions,
} from "./pool.ts";
export {
  type ExternalServer,
  type ExternalServerOptions,
  openExternalServer,
  resolveStoreUrl,
} from "./provision.ts";
export {
  openPostgresStream,
  openPostgresStreamStore,
  type PostgresStreamOptions,
} from "./stream-store.ts";
export {
  formatPostgresUrl,
  type PostgresUrl,
  parsePostgresUrl,
  redactPostgresUrl,
} from "./url.ts";
