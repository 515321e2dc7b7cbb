export * from "./config.ts";
export * from "./errors.ts";
export * from "./fault.ts";
export type * from "./plan/gateway.ts";
export type * from "./plan/observe.ts";
export type * from "./plan/part.ts";
export type * from "./plan/plan.ts";
export type * from "./plan/secret.ts";
export type * from "./plan/store.ts";
