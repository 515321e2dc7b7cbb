/**
 * Object storage: files by key, over the S3 protocol.
 *
 * @module
 */
import type { DurableStoreOptions, Store } from "./store.ts";

/** A bucket of object storage. A cluster takes it from outside; one machine where a URL is given. */
export function bucket<const Name extends string>(
  name: Name,
  options: DurableStoreOptions,
): Store<Name, "bucket"> {
  return { ...options, type: "store", engine: "bucket", name };
}
