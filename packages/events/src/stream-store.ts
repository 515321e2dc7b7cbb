/**
 * What an engine must be able to do so that `openStoredStream` can make an {@link EventStream} of it:
 * keep events in order, and keep for each group where it stands. Every operation is atomic.
 *
 * - SS1  Positions are given in the order in which events become visible: a reader that has seen a
 *        position will never find a lower one appear.
 * - SS2  A partition of a group has one lease at a time. Each new holder gets a higher epoch, and
 *        `commit` with an older epoch changes nothing.
 *
 * @module
 */
import type { Event } from "./event.ts";
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterSelection,
  GroupStatus,
  PublishResult,
  StreamKind,
} from "./stream.ts";

export interface StreamStore extends AsyncDisposable {
  readonly name: string;
  readonly kind: StreamKind;
  readonly partitions: number;

  /** Stores new events in the order given and drops those whose key is known. */
  append(entries: readonly StreamEntry[]): Promise<PublishResult>;

  /**
   * Makes the group known, at the beginning or the end of the stream, unless it is.
   * @returns the groups that are known afterwards. For a queue, only the first becomes known.
   */
  openGroup(group: string, start: "earliest" | "latest"): Promise<readonly string[]>;

  /**
   * Keeps a member alive for `leaseMs`, renews its leases, and gives it free partitions up to its
   * fair share: all partitions over all living members, rounded up.
   */
  renew(request: RenewRequest): Promise<Renewal>;

  /** Frees partitions at once; without `leases`, the member leaves the group altogether. */
  release(group: string, member: string, leases?: readonly Lease[]): Promise<void>;

  /** For each range, the oldest events of the partition after the position, at most `limit`. */
  read(ranges: readonly ReadRange[]): Promise<readonly StoredEvent[]>;

  /** Events set aside by this group, by position. Those not (or no longer) there are left out. */
  readWaiting(group: string, positions: readonly number[]): Promise<readonly StoredEvent[]>;

  /** What is set aside in a partition: when it is acquired, and after a replay. */
  listWaiting(group: string, partitions: readonly number[]): Promise<readonly WaitingEntry[]>;

  /** Records progress. @returns the partitions whose lease was lost; nothing of them is recorded. */
  commit(group: string, progress: readonly Progress[]): Promise<readonly number[]>;

  deadLetters(group: string, page: Required<DeadLetterPage>): Promise<readonly DeadLetter[]>;
  /** Moves dead letters back to the waiting ones, with no attempts, due at once. */
  replay(group: string, which: DeadLetterSelection): Promise<number>;
  discard(group: string, which: DeadLetterSelection): Promise<number>;
  groups(): Promise<readonly GroupStatus[]>;
  /** Removes events that are old enough and that every active group has passed. */
  sweep(limits: SweepLimits): Promise<number>;

  /** Calls `wake` when something may have changed; a hint that may be late, early, or missing. */
  subscribe(wake: (hint: WakeHint) => void): Disposable;
}

export interface SweepLimits {
  /** Events younger than this stay. */
  readonly retentionMs: number;
  /** Groups of a log without a living member for this long hold nothing back. */
  readonly inactiveMs: number;
}

/** `events`: something was published. `group`: members changed. `waiting`: dead letters were replayed. */
export type WakeHint = "events" | "group" | "waiting";

export interface StreamEntry {
  readonly event: Event;
  readonly partition: number;
}

export interface StoredEvent {
  readonly position: number;
  readonly partition: number;
  readonly event: Event;
}

export interface Lease {
  readonly partition: number;
  readonly epoch: number;
}

export interface RenewRequest {
  readonly group: string;
  readonly member: string;
  readonly leaseMs: number;
  readonly held: readonly Lease[];
}

export interface Renewal {
  /** Those of `held` that are still this member's. */
  readonly held: readonly Lease[];
  /** Newly given, each with the position up to which the group is done. */
  readonly acquired: readonly AcquiredLease[];
  /** How many partitions this member should hold at most. */
  readonly fairShare: number;
}

export interface AcquiredLease extends Lease {
  readonly cursor: number;
}

export interface ReadRange {
  readonly partition: number;
  readonly after: number;
  readonly limit: number;
}

/** An event set aside: it failed, or one of its subject before it did. */
export interface WaitingEntry {
  readonly partition: number;
  readonly position: number;
  readonly subject: string;
  /** Deliveries that failed. */
  readonly attempts: number;
  /** From now; 0 or less is due. */
  readonly dueInMs: number;
}

/** What has happened in one partition since the last commit. */
export interface Progress {
  readonly partition: number;
  readonly epoch: number;
  /** Everything up to here is handled, set aside, or dead. */
  readonly cursor: number;
  /** To set aside, or to update there. */
  readonly waiting: readonly WaitingUpdate[];
  /** Set aside before, and now handled or dead. */
  readonly settled: readonly number[];
  readonly dead: readonly DeadUpdate[];
}

export interface WaitingUpdate {
  readonly position: number;
  readonly subject: string;
  readonly attempts: number;
  readonly dueInMs: number;
  /** The text of the last failure; empty for one that only waits behind another. */
  readonly error: string;
}

export interface DeadUpdate {
  readonly position: number;
  readonly attempts: number;
  readonly error: string;
}
