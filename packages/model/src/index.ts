// What a definition needs besides its builders, so that it has one import.
export {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  processMetrics,
} from "@ashlar/foundation";
export { type Access, type AccessOptions, anyOf, apiKey, basic } from "./access.ts";
export * from "./alert.ts";
export * from "./backup.ts";
export * from "./bucket.ts";
export { canonical } from "./canonical.ts";
export { type CheckOptions, check } from "./check.ts";
export * from "./config.ts";
export * from "./cron.ts";
export * from "./cron-job.ts";
export * from "./daemon.ts";
export * from "./dashboard.ts";
export * from "./environment.ts";
export * from "./errors.ts";
export * from "./etcd.ts";
export * from "./external.ts";
export type { Fault } from "./fault.ts";
export * from "./gateway.ts";
export * from "./job.ts";
export * from "./jwt-issuer.ts";
export * from "./load.ts";
export { type PlanOptions, plan, planJson } from "./make-plan.ts";
export * from "./namespace.ts";
export * from "./objective.ts";
export { parsePlan, planJsonSchema, planSchema } from "./parse-plan.ts";
export type {
  AnyPart,
  Disruption,
  Part,
  PartOptions,
  Placement,
  Programmed,
  Restart,
  ScaledPartOptions,
  Stop,
} from "./part.ts";
export type * from "./plan/gateway.ts";
export type * from "./plan/observe.ts";
export type * from "./plan/part.ts";
export type * from "./plan/plan.ts";
export type * from "./plan/secret.ts";
export type * from "./plan/store.ts";
export * from "./platform-metrics.ts";
export * from "./pool.ts";
export {
  type Exposure,
  grpc,
  http,
  type NoPorts,
  ops,
  type PortDeclaration,
  type PortPath,
  type PortRef,
  type PortRefs,
  type Ports,
  tcp,
  udp,
  websocket,
} from "./port.ts";
export * from "./postgres.ts";
export * from "./probe.ts";
export * from "./program.ts";
export * from "./promql.ts";
export { type Scan, type Selector, scanPromql } from "./promql-scan.ts";
export * from "./queue.ts";
export * from "./redis.ts";
export * from "./resources.ts";
export * from "./rollout.ts";
export * from "./route.ts";
export * from "./scale.ts";
export * from "./secret.ts";
export * from "./service.ts";
export * from "./site.ts";
export * from "./stateful.ts";
export type { DurableStoreOptions, Store, StoreOptions } from "./store.ts";
export * from "./stream.ts";
export * from "./system.ts";
export * from "./use.ts";
export * from "./volume.ts";
export * from "./waiver.ts";
