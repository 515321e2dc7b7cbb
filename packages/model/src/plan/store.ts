/**
 * What keeps state for the parts: databases, coordination, caches, objects, streams, and systems
 * that are somebody else's.
 *
 * @module
 */
import type { BackupPlan, ResourcesPlan } from "./part.ts";

export type StoreEngine = "postgres" | "etcd" | "redis" | "bucket";

export interface StorePlan {
  readonly name: string;
  readonly summary: string;
  readonly engine: StoreEngine;
  readonly namespace: string;
  readonly version: string;
  /** How a cluster realises it. `operator` is CloudNativePG for PostgreSQL. */
  readonly realization: "statefulSet" | "operator" | "external";
  /**
   * How one machine realises it. `embedded`: a real engine from npm. `inProcess`: the adapter's
   * in-memory form. `postgres`: tables in an embedded PostgreSQL. `url`: only where one is given.
   */
  readonly local: "embedded" | "inProcess" | "postgres" | "url";
  readonly port: number;
  readonly replicas: number;
  readonly storageBytes: number;
  readonly storageClass: string;
  readonly resources: ResourcesPlan;
  /** Directory of numbered `.sql` files relative to the definition's file; null without migrations. */
  readonly migrations: string | null;
  readonly maxConnections: number;
  readonly backup: BackupPlan | null;
}

export interface StreamPlan {
  readonly name: string;
  readonly summary: string;
  readonly namespace: string;
  /** `log`: every group sees every event. `queue`: one worker takes each item. */
  readonly kind: "log" | "queue";
  readonly engine: "nats" | "kafka";
  readonly partitions: number;
  readonly retentionMs: number;
  readonly maxEventBytes: number;
  readonly maxDeliveries: number;
}

export interface ExternalPlan {
  readonly name: string;
  readonly summary: string;
  readonly protocol: "https" | "http" | "smtp" | "tcp";
  readonly host: string;
  readonly port: number;
  /**
   * What stands in for it on one machine. `mailbox`: the console's captured mailbox. `none`: the
   * part's own sandbox, so no connection is opened. `real`: the address itself.
   */
  readonly local: "mailbox" | "none" | "real";
}
