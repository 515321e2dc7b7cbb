export * from "./control-client.ts";
export * from "./errors.ts";
export * from "./status.ts";
export * from "./store-engines.ts";
export * from "./supervisor.ts";
export * from "./supervisor-options.ts";
export * from "./system-control.ts";
