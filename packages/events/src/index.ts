export * from "./errors.ts";
export { checkEvent, defaultMaxEventBytes, type Event, partitionOf } from "./event.ts";
export type { Inbox } from "./inbox.ts";
export type { Outbox, OutboxPending, OutboxSource, RefusedEvent } from "./outbox.ts";
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
