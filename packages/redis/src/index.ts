export {
  openRedis,
  type RedisConnection,
  type RedisOptions,
  type RedisScript,
} from "./connection.ts";
export { RedisApiKeyStore, RedisPasswordStore } from "./credential-stores.ts";
export * from "./errors.ts";
export { type RedisRateLimitOptions, RedisRateLimitStore } from "./rate-limit-store.ts";
