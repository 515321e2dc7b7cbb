/**
 * The gateway's stores on PostgreSQL. A door of its own: what only keeps a database has no use for
 * the gateway's code.
 *
 * @module
 */
export { PostgresApiKeyStore, PostgresPasswordStore } from "./credential-stores.ts";
export {
  migrateGatewayStores,
  type PostgresRateLimitOptions,
  PostgresRateLimitStore,
} from "./rate-limit-store.ts";
