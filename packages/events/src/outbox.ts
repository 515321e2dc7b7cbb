/**
 * The transactional outbox: a producer writes the event in the same transaction as the change that
 * it tells of, and a relay moves it to the stream afterwards.
 *
 * - OB1  An event is published if and only if the transaction that appended it committed.
 * - OB2  Events are published in the order in which they were appended, where that order is defined:
 *        the producer of the later one had seen, or waited for, the commit of the earlier one.
 * - OB3  A relay that dies at any point loses nothing; what it published twice, the stream drops by key.
 *
 * @module
 */
import type { Event } from "./event.ts";

/** What the producer's code sees. `Tx` is the adapter's handle of an open transaction. */
export interface Outbox<Tx> {
  /**
   * Adds events to `tx`. Append *after* the write that the event tells of, so that the order of
   * events of one subject is the order of the writes (they wait for the same row).
   *
   * @throws {EventInvalidError} {@link EventTooLargeError} before anything is written.
   */
  append(tx: Tx, ...events: readonly Event[]): Promise<void>;
}

/** An event that the stream refused for good, kept aside so that it does not hold up the others. */
export interface RefusedEvent {
  readonly event: Event;
  readonly error: string;
}

/** What {@link OutboxRelay} needs of the place where an outbox is kept. */
export interface OutboxSource {
  /**
   * Calls `publish` with at most `limit` of the oldest pending events, in order, while no other relay
   * of the same outbox can; forgets them when it settles, and keeps aside those that it returns.
   * Forgets nothing if it throws. Does not call it when nothing is pending.
   *
   * @returns how many events left the outbox.
   */
  drain(
    limit: number,
    publish: (events: readonly Event[]) => Promise<readonly RefusedEvent[]>,
    signal: AbortSignal,
  ): Promise<number>;
  /** Calls `wake` when something may have been appended; a hint, not a promise. */
  subscribe(wake: () => void): Disposable;
  /** For metrics: how many events wait, and for how long the oldest has (0 when none does). */
  pending(): Promise<OutboxPending>;
}

export interface OutboxPending {
  readonly count: number;
  readonly oldestAgeMs: number;
  /** How many were refused by the stream and are kept aside. */
  readonly refused: number;
}
