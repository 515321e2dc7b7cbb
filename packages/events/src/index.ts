export * from "./errors.ts";
export { checkEvent, defaultMaxEventBytes, type Event, partitionOf } from "./event.ts";
export type { Inbox } from "./inbox.ts";
export { MemoryInbox, MemoryOutbox, MemoryTransaction } from "./memory-database.ts";
export { MemoryStreamStore, type MemoryStreamStoreOptions } from "./memory-stream-store.ts";
export type { Outbox, OutboxPending, OutboxSource, RefusedEvent } from "./outbox.ts";
export { OutboxRelay, type RelayOptions } from "./relay.ts";
export { openStoredStream, type StoredStreamOptions } from "./stored-stream.ts";
export type {
  ConsumeOptions,
  Consumer,
  DeadLetter,
  DeadLetterPage,
  DeadLetterSelection,
  Delivery,
  DeliveryOutcome,
  EventHandler,
  EventStream,
  GroupStatus,
  PublishResult,
  StreamKind,
} from "./stream.ts";
export type {
  AcquiredLease,
  DeadUpdate,
  Lease,
  Progress,
  ReadRange,
  Renewal,
  RenewRequest,
  StoredEvent,
  StreamEntry,
  StreamStore,
  SweepLimits,
  WaitingEntry,
  WaitingUpdate,
  WakeHint,
} from "./stream-store.ts";
