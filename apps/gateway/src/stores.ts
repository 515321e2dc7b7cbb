/**
 * Where shared limits and credentials live: the engine that the store's address names, or here.
 *
 * Engines are loaded only when they are used; each costs memory and start-up time.
 *
 * @module
 */
import type { Environment, Log } from "@ashlar/foundation";
import {
  type ApiKeyStore,
  type CredentialsFile,
  MemoryApiKeyStore,
  MemoryPasswordStore,
  type PasswordStore,
  type RateLimitStore,
} from "@ashlar/gateway";
import { GatewaySettingsError } from "./errors.ts";

export interface Stores extends AsyncDisposable {
  /** Undefined: limits are counted in this process alone. */
  readonly rateLimits: RateLimitStore | undefined;
  readonly apiKeys: ApiKeyStore;
  readonly passwords: PasswordStore;
}

export interface StoresOptions {
  readonly url: string | undefined;
  readonly log: Log;
  readonly environment: Environment;
}

/** @throws {GatewaySettingsError} for an address of an engine that is not supported. */
export async function openStores({ url, log }: StoresOptions): Promise<Stores> {
  if (url === undefined) return inProcess();
  const { protocol } = new URL(url);
  if (protocol === "redis:" || protocol === "rediss:") {
    const { openRedis, RedisApiKeyStore, RedisPasswordStore, RedisRateLimitStore } = await import(
      "@ashlar/redis"
    );
    const redis = openRedis({ url, log });
    return {
      rateLimits: new RedisRateLimitStore(redis),
      apiKeys: new RedisApiKeyStore(redis),
      passwords: new RedisPasswordStore(redis),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  }
  if (protocol === "postgres:" || protocol === "postgresql:") {
    log.warn("limits and credentials are kept in this process", { engine: "postgres" });
    return inProcess();
  }
  throw new GatewaySettingsError([`no adapter for a shared store at ${protocol}//…`]);
}

function inProcess(): Stores {
  return {
    rateLimits: undefined,
    apiKeys: new MemoryApiKeyStore(),
    passwords: new MemoryPasswordStore(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Puts the records of a credentials file where they are looked for. */
export async function seedCredentials(stores: Stores, file: CredentialsFile): Promise<void> {
  await Promise.all([
    ...file.apiKeys.map((each) => stores.apiKeys.put(each)),
    ...file.passwords.map((each) => stores.passwords.put(each)),
  ]);
}
