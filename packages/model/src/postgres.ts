/**
 * PostgreSQL databases.
 *
 * @module
 */
import type { DurableStoreOptions, Store } from "./store.ts";

export interface PostgresOptions extends DurableStoreOptions {
  /** Directory of numbered `.sql` files, relative to the definition's file. Default: none. */
  readonly migrations?: string;
}

/**
 * A database of its own. On one machine it is a database in an embedded PostgreSQL; in a cluster a
 * StatefulSet, a CloudNativePG cluster (`operator`) or a managed one (`external`).
 */
export function postgres<const Name extends string>(
  name: Name,
  options: PostgresOptions,
): Store<Name, "postgres"> {
  return { ...options, type: "store", engine: "postgres", name };
}
