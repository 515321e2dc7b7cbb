/**
 * etcd clusters: coordination, membership and leases.
 *
 * @module
 */
import type { DurableStoreOptions, Store } from "./store.ts";

/** An etcd cluster of an odd number of members. On one machine PostgreSQL tables stand in. */
export function etcd<const Name extends string>(
  name: Name,
  options: DurableStoreOptions,
): Store<Name, "etcd"> {
  return { ...options, type: "store", engine: "etcd", name };
}
