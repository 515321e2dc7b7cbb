/**
 * What all stores have in common.
 *
 * @module
 */
import type { Size } from "@ashlar/foundation";
import type { Backup, NoBackup } from "./backup.ts";
import type { Namespace } from "./namespace.ts";
import type { StoreEngine, StorePlan } from "./plan/store.ts";
import type { Resources } from "./resources.ts";

/** A store. Part of a part's `uses` as it is. */
export interface Store<Name extends string = string, Engine extends StoreEngine = StoreEngine> {
  readonly type: "store";
  readonly name: Name;
  readonly engine: Engine;
}

export interface StoreOptions {
  /** What it keeps, in one sentence. */
  readonly summary?: string;
  /** Default: the system's only namespace. */
  readonly namespace?: Namespace;
  /** Version of the engine. Default: the newest that this release was tried with. */
  readonly version?: string;
  /** How a cluster realises it. Default `statefulSet`; `external` for object storage. */
  readonly realization?: StorePlan["realization"];
  /** How one machine realises it. Default: the form that needs no installation. */
  readonly local?: StorePlan["local"];
  /** Default: the engine's well-known port. */
  readonly port?: number;
  /** Members. Default 1; 3 for etcd, whose number is odd. */
  readonly replicas?: number;
  /** Disk of one member. Default by engine. */
  readonly storage?: Size;
  /** Default `standard`. */
  readonly storageClass?: string;
  /** Of one member. Default by engine. */
  readonly resources?: Resources;
  /** Connections that it accepts. Default by engine. */
  readonly maxConnections?: number;
}

export interface DurableStoreOptions extends StoreOptions {
  /** When and how long it is backed up, or `none("…")` and why not. Must be said. */
  readonly backup: Backup | NoBackup;
}
