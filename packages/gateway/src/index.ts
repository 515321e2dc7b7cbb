export * from "./credential-store.ts";
export * from "./memory-credential-store.ts";
export * from "./memory-rate-limit-store.ts";
export * from "./rate-limit-store.ts";
