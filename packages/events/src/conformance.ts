/**
 * What every adapter of the events' ports must do. Framework-free: an adapter's test runs each case
 * under its own name, for example with Vitest:
 *
 * ```ts
 * for (const { name, run } of eventStreamCases) test(name, () => run(harness));
 * ```
 *
 * Time is real here, and no case waits for a time to pass: each waits for what it expects.
 *
 * @module
 */
export { type EventStreamHarness, eventStreamCases } from "./conformance/event-stream.ts";
export { type OutboxHarness, outboxCases } from "./conformance/outbox.ts";
export type { ConformanceCase } from "./conformance/sample.ts";
export { type StreamStoreHarness, streamStoreCases } from "./conformance/stream-store.ts";
