export * from "./errors.ts";
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
  formatPostgresUrl,
  type PostgresUrl,
  parsePostgresUrl,
  redactPostgresUrl,
} from "./url.ts";
