/**
 * Where shared limits and credentials live: the engine that the store's address names, or here.
 *
 * Engines are loaded only when they are used; each costs memory and start-up time. A store that is out
 * of reach does not keep the gateway from starting: it is opened in the background, and until then
 * limits are counted locally and credentials from it cannot be judged (503).
 *
 * @module
 */
import { backoffMs, describeError, type Environment, type Log } from "@ashlar/foundation";
import {
  type ApiKeyStore,
  type CredentialsFile,
  MemoryApiKeyStore,
  MemoryPasswordStore,
  type PasswordStore,
  type RateLimitStore,
} from "@ashlar/gateway";
import { GatewaySettingsError, StoreNotOpenError } from "./errors.ts";

interface Stores {
  /** Undefined: limits are counted in this process alone. */
  readonly rateLimits: RateLimitStore | undefined;
  readonly apiKeys: ApiKeyStore;
  readonly passwords: PasswordStore;
}

export type OpenStores = Stores & AsyncDisposable;

export interface StoresOptions {
  readonly url: string | undefined;
  readonly log: Log;
  readonly environment: Environment;
  /** Records that must be in the stores before these count as open. */
  readonly seed: CredentialsFile | undefined;
}

/** @throws {GatewaySettingsError} for an address of an engine that is not supported. */
export async function openStores(options: StoresOptions): Promise<OpenStores> {
  const { url } = options;
  if (url === undefined) {
    const stores = {
      rateLimits: undefined,
      apiKeys: new MemoryApiKeyStore(),
      passwords: new MemoryPasswordStore(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    await seedCredentials(stores, options.seed);
    return stores;
  }
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (/^rediss?:$/.test(protocol)) return openRedisStores(url, options);
  if (/^postgres(?:ql)?:$/.test(protocol)) return openPostgresStores(url, options);
  throw new GatewaySettingsError([`no adapter for a shared store at "${protocol}//…"`]);
}

async function openRedisStores(url: string, options: StoresOptions): Promise<OpenStores> {
  const { openRedis, RedisApiKeyStore, RedisPasswordStore, RedisRateLimitStore } = await import(
    "@ashlar/redis"
  );
  const redis = openRedis({ url, log: options.log });
  const stores = {
    rateLimits: new RedisRateLimitStore(redis),
    apiKeys: new RedisApiKeyStore(redis),
    passwords: new RedisPasswordStore(redis),
  };
  return eventually(options, {
    open: async (signal) => {
      await redis.ready(signal);
      await seedCredentials(stores, options.seed);
      return stores;
    },
    close: async () => redis[Symbol.asyncDispose](),
  });
}

async function openPostgresStores(url: string, options: StoresOptions): Promise<OpenStores> {
  const [postgres, shared] = await Promise.all([
    import("@ashlar/postgres"),
    import("@ashlar/postgres/gateway"),
  ]);
  const { environment, log } = options;
  const pool = postgres.openPool(url, { environment, log, application: "gateway", max: 8 });
  return eventually(options, {
    open: async () => {
      const stores = {
        rateLimits: await shared.PostgresRateLimitStore.open({ pool }),
        apiKeys: await shared.PostgresApiKeyStore.open({ pool }),
        passwords: await shared.PostgresPasswordStore.open({ pool }),
      };
      await seedCredentials(stores, options.seed);
      return stores;
    },
    close: async () => pool[Symbol.asyncDispose](),
  });
}

interface Opening {
  readonly open: (signal: AbortSignal) => Promise<Stores>;
  readonly close: () => Promise<void>;
}

/** How long the gateway's own start waits for the first attempt. */
const patienceMs = 2_000;
const backoff = { initialMs: 200, maxMs: 5_000 };

/** Stores that reject until they are open, which is tried without end. */
async function eventually(
  { environment, log }: StoresOptions,
  { open, close }: Opening,
): Promise<OpenStores> {
  const { clock, entropy } = environment;
  const stopping = new AbortController();
  let opened: Stores | undefined;
  const opening = (async () => {
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      try {
        opened = await open(stopping.signal);
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn("shared store not open", { error: describeError(error), attempt });
        const waitMs = backoffMs(backoff, attempt, entropy.fraction());
        await clock.sleep(waitMs, stopping.signal).catch(() => undefined);
      }
    }
  })();
  const waited = new AbortController();
  const enough = clock.sleep(patienceMs, waited.signal).catch(() => undefined);
  await Promise.race([opening, enough]);
  waited.abort();
  const current = (): Stores & { readonly rateLimits: RateLimitStore } => {
    if (opened?.rateLimits === undefined) throw new StoreNotOpenError();
    return { ...opened, rateLimits: opened.rateLimits };
  };
  return {
    rateLimits: { take: async (checks) => current().rateLimits.take(checks) },
    apiKeys: {
      find: async (id) => current().apiKeys.find(id),
      put: async (record) => current().apiKeys.put(record),
      remove: async (id) => current().apiKeys.remove(id),
    },
    passwords: {
      find: async (user) => current().passwords.find(user),
      put: async (record) => current().passwords.put(record),
      remove: async (user) => current().passwords.remove(user),
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await close();
      await opening;
    },
  };
}

async function seedCredentials(stores: Stores, file: CredentialsFile | undefined): Promise<void> {
  if (file === undefined) return;
  await Promise.all([
    ...file.apiKeys.map((each) => stores.apiKeys.put(each)),
    ...file.passwords.map((each) => stores.passwords.put(each)),
  ]);
}
