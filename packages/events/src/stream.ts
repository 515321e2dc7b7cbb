/**
 * The port through which services publish and consume events.
 *
 * - ES1  At least once: an event is delivered to each group until its handler settles, or it becomes
 *        a dead letter after `maxDeliveries` failures. None is skipped.
 * - ES2  In order: events of one subject are handled one at a time, in the order of publishing,
 *        within a group. Others run side by side.
 * - ES3  Once per key: a second event with the same key is dropped while the first is retained.
 * - ES4  Consumers of one group share its partitions; in the normal case none handles what another
 *        does. One that lost its lease cannot record progress.
 * - ES5  A failing event delays only its own subject.
 * - ES6  Dead letters are kept until they are replayed or discarded, and can be listed.
 * - ES7  Retention removes only events that every active group is done with.
 * - ES8  A consumer that is closed settles what is in flight and hands its partitions over at once.
 *
 * @module
 */
import type { Backoff } from "@ashlar/foundation";
import type { Event } from "./event.ts";

/** `log`: every group gets every event. `queue`: one group, whose workers share the items. */
export type StreamKind = "log" | "queue";

export interface EventStream extends AsyncDisposable {
  readonly name: string;
  readonly kind: StreamKind;
  readonly maxEventBytes: number;

  /**
   * Stores events in the order given; all or none. Settles when they are durable. Idempotent by key.
   *
   * @throws {EventInvalidError} {@link EventTooLargeError} before anything is stored.
   */
  publish(events: readonly Event[]): Promise<PublishResult>;

  /**
   * Joins `group` and handles its events until closed or aborted. Settles when the group exists, so
   * that nothing published from then on is missed. Outages of the engine are waited out.
   *
   * @throws {EventGroupError} for a second group of a queue.
   */
  consume(options: ConsumeOptions): Promise<Consumer>;

  /** The oldest dead letters of a group, after the one at `after`. */
  deadLetters(group: string, page?: DeadLetterPage): Promise<readonly DeadLetter[]>;
  /** Delivers dead letters again, with a fresh count of attempts. Returns how many. */
  replay(group: string, which: DeadLetterSelection): Promise<number>;
  /** Forgets dead letters. Returns how many. */
  discard(group: string, which: DeadLetterSelection): Promise<number>;

  /** State of every group that ever consumed, for metrics and the console. */
  groups(): Promise<readonly GroupStatus[]>;
  /** Removes events past the stream's retention (ES7). Returns how many. */
  sweep(): Promise<number>;
}

export interface PublishResult {
  readonly published: number;
  /** Dropped because an event with the same key is retained. */
  readonly duplicates: number;
}

export interface Delivery {
  readonly group: string;
  /** 1 for the first time. */
  readonly attempt: number;
  /** The event's place in the stream; grows, for one subject, from event to event. */
  readonly position: number;
  /** Aborted when the handler's time is up, the lease is lost, or the consumer's grace has run out. */
  readonly signal: AbortSignal;
}

/**
 * Settling acknowledges. Throwing asks for another delivery after a back-off; throwing an
 * `EventRejectedError` sends the event to the dead letters at once.
 */
export type EventHandler = (event: Event, delivery: Delivery) => Promise<void> | void;

export interface ConsumeOptions {
  /** 1..100 characters of `[a-z0-9_.-]`. */
  readonly group: string;
  readonly handler: EventHandler;
  /** Stops the consumer as closing it does. */
  readonly signal?: AbortSignal;
  /** Where a group that never consumed begins. Default `earliest`: every retained event. */
  readonly start?: "earliest" | "latest";
  /** Handlers that run at the same time in this consumer. Default 16. */
  readonly concurrency?: number;
  /** Failures after which an event becomes a dead letter. Default: the stream's. */
  readonly maxDeliveries?: number;
  /** Waits between deliveries of one event. Default 200 ms doubling to 60 s. */
  readonly backoff?: Backoff;
  /** Time for one handler call. Default 30 s. */
  readonly handlerTimeoutMs?: number;
  /** Time that handlers in flight get when the consumer closes. Default 10 s. */
  readonly graceMs?: number;
  /** How long a silent consumer keeps its partitions. Default 15 s. */
  readonly leaseMs?: number;
  /** How often to look for events where no wake-up arrives. Default 2 s. */
  readonly pollMs?: number;
  /** Told of every settled delivery; for metrics. */
  readonly onDelivery?: (outcome: DeliveryOutcome) => void;
}

export interface DeliveryOutcome {
  readonly group: string;
  readonly event: Event;
  readonly attempt: number;
  readonly outcome: "handled" | "retry" | "dead" | "abandoned";
  readonly durationMs: number;
  readonly error?: unknown;
}

/** A running member of a group. Closing it drains (ES8) and is idempotent. */
export interface Consumer extends AsyncDisposable {
  readonly group: string;
  /** Settles when the consumer has stopped, however that came about. */
  readonly finished: Promise<void>;
  /** Partitions held now. */
  readonly partitions: readonly number[];
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly event: Event;
  readonly position: number;
  readonly attempts: number;
  /** The text of the last failure. */
  readonly error: string;
  /** When it died: ISO 8601 in UTC. */
  readonly time: string;
}

export interface DeadLetterPage {
  /** Default 100. */
  readonly limit?: number;
  /** Position of the last one of the page before. */
  readonly after?: number;
}

export type DeadLetterSelection = { readonly keys: readonly string[] } | "all";

export interface GroupStatus {
  readonly group: string;
  /** Consumers that are alive. */
  readonly members: number;
  /** Events not yet handled, those that wait for another try among them. */
  readonly lag: number;
  /** Age of the oldest event not yet handled; 0 when there is none. */
  readonly lagMs: number;
  /** Events that wait for another try, or behind one that does. */
  readonly waiting: number;
  readonly dead: number;
}
