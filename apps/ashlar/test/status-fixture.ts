/**
 * Statuses as a supervisor would give them.
 *
 * @module
 */
import type { PartStatus, ReplicaStatus, StoreStatus, SystemStatus } from "@ashlar/local";

const since = new Date(1_800_000_000_000).toISOString();

export function replica(fields: Partial<ReplicaStatus> = {}): ReplicaStatus {
  return {
    ordinal: 0,
    instance: "users-0",
    pid: 4711,
    state: "ready",
    since,
    restarts: 0,
    ports: { http: 40_001, ops: 40_002 },
    ...fields,
  };
}

export function part(fields: Partial<PartStatus> = {}): PartStatus {
  return {
    name: "users",
    kind: "service",
    builtin: false,
    state: "ready",
    wanted: 1,
    ready: 1,
    addresses: { http: "127.0.0.1:30001" },
    connections: { open: 0, total: 0, refused: 0 },
    denials: 0,
    replicas: [replica()],
    ...fields,
  };
}

export function store(fields: Partial<StoreStatus> = {}): StoreStatus {
  return {
    name: "users-db",
    kind: "store",
    engine: "postgres",
    state: "ready",
    url: "postgres://users_db:***@127.0.0.1:5433/users_db",
    ...fields,
  };
}

export function system(fields: Partial<SystemStatus> = {}): SystemStatus {
  return {
    system: "shop",
    environment: "dev",
    state: "ready",
    since,
    supervisorPid: 99,
    endpoints: {},
    parts: [part()],
    stores: [store()],
    ...fields,
  };
}
