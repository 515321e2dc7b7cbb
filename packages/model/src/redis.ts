/**
 * Redis or Valkey: caches and shared counters.
 *
 * @module
 */
import type { Backup, NoBackup } from "./backup.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface RedisOptions extends StoreOptions {
  /** Default: none, for what it keeps is a cache. */
  readonly backup?: Backup | NoBackup;
}

/** A cache whose loss costs time and no data. On one machine it lives in the process. */
export function redis<const Name extends string>(
  name: Name,
  options: RedisOptions = {},
): Store<Name, "redis"> {
  return { ...options, type: "store", engine: "redis", name };
}
