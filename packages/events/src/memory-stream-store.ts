/**
 * A {@link StreamStore} in this process's memory: for tests, and for a system that keeps nothing.
 * Several streams opened over one store are like several processes over one engine.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import { EventGroupError } from "./errors.ts";
import type { Event } from "./event.ts";
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterSelection,
  GroupStatus,
  PublishResult,
  StreamKind,
} from "./stream.ts";
import type {
  AcquiredLease,
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
  WakeHint,
} from "./stream-store.ts";

export interface MemoryStreamStoreOptions {
  readonly name: string;
  readonly kind: StreamKind;
  readonly clock: Clock;
  /** Default 8. */
  readonly partitions?: number;
}

interface Stored extends StoredEvent {
  readonly publishedMs: number;
}

interface Holder {
  cursor: number;
  epoch: number;
  member: string;
  untilMs: number;
}

interface Waiting {
  readonly stored: StoredEvent;
  readonly attempts: number;
  readonly dueMs: number;
}

interface Group {
  readonly partitions: readonly Holder[];
  readonly members: Map<string, number>;
  readonly waiting: Map<number, Waiting>;
  readonly dead: Map<number, DeadLetter & { readonly stored: StoredEvent }>;
  activeMs: number;
}

export class MemoryStreamStore implements StreamStore {
  readonly name: string;
  readonly kind: StreamKind;
  readonly partitions: number;
  readonly #clock: Clock;
  #events: Stored[] = [];
  readonly #keys = new Set<string>();
  readonly #groups = new Map<string, Group>();
  readonly #listeners = new Set<(hint: WakeHint) => void>();
  #position = 0;

  constructor(options: MemoryStreamStoreOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.partitions = options.partitions ?? 8;
    this.#clock = options.clock;
  }

  async append(entries: readonly StreamEntry[]): Promise<PublishResult> {
    let published = 0;
    for (const { event, partition } of entries) {
      if (this.#keys.has(event.key)) continue;
      this.#keys.add(event.key);
      this.#position++;
      published++;
      // As an engine would give it back: through JSON, and not the caller's own object.
      const copy = JSON.parse(JSON.stringify(event)) as Event;
      const publishedMs = this.#clock.wallMs();
      this.#events.push({ position: this.#position, partition, event: copy, publishedMs });
    }
    if (published > 0) this.#notify("events");
    return { published, duplicates: entries.length - published };
  }

  async openGroup(group: string, start: "earliest" | "latest"): Promise<readonly string[]> {
    const isTaken = this.kind === "queue" && this.#groups.size > 0;
    if (!this.#groups.has(group) && !isTaken) {
      const cursor = start === "latest" ? this.#position : 0;
      this.#groups.set(group, {
        partitions: Array.from({ length: this.partitions }, () => ({
          cursor,
          epoch: 0,
          member: "",
          untilMs: 0,
        })),
        members: new Map(),
        waiting: new Map(),
        dead: new Map(),
        activeMs: this.#clock.wallMs(),
      });
    }
    return [...this.#groups.keys()];
  }

  async renew({ group, member, leaseMs, held }: RenewRequest): Promise<Renewal> {
    const state = this.#group(group);
    const nowMs = this.#clock.wallMs();
    state.activeMs = nowMs;
    const isNew = !state.members.has(member);
    state.members.set(member, nowMs + leaseMs);
    if (isNew) this.#notify("group"); // The others may hold more than their share now.
    for (const [each, untilMs] of state.members) if (untilMs <= nowMs) state.members.delete(each);
    const fairShare = Math.ceil(this.partitions / state.members.size);
    const kept = held.filter(({ partition, epoch }) => {
      const holder = state.partitions[partition];
      return holder?.member === member && holder.epoch === epoch;
    });
    for (const { partition } of kept) {
      const holder = state.partitions[partition];
      if (holder !== undefined) holder.untilMs = nowMs + leaseMs;
    }
    const acquired: AcquiredLease[] = [];
    for (const [partition, holder] of state.partitions.entries()) {
      if (kept.length + acquired.length >= fairShare) break;
      if (kept.some((each) => each.partition === partition)) continue;
      if (holder.member !== "" && holder.member !== member && holder.untilMs > nowMs) continue;
      holder.member = member;
      holder.epoch++;
      holder.untilMs = nowMs + leaseMs;
      acquired.push({ partition, epoch: holder.epoch, cursor: holder.cursor });
    }
    return { held: kept, acquired, fairShare };
  }

  async release(group: string, member: string, leases?: readonly Lease[]): Promise<void> {
    const state = this.#group(group);
    for (const [partition, holder] of state.partitions.entries()) {
      const isMeant = leases === undefined || leases.some((each) => each.partition === partition);
      if (isMeant && holder.member === member) holder.member = "";
    }
    if (leases === undefined) state.members.delete(member);
    this.#notify("group");
  }

  async read(ranges: readonly ReadRange[]): Promise<readonly StoredEvent[]> {
    return ranges.flatMap(({ partition, after, limit }) =>
      this.#events
        .filter((each) => each.partition === partition && each.position > after)
        .slice(0, limit),
    );
  }

  async readWaiting(group: string, positions: readonly number[]): Promise<readonly StoredEvent[]> {
    const { waiting } = this.#group(group);
    return positions.flatMap((each) => waiting.get(each)?.stored ?? []);
  }

  async listWaiting(
    group: string,
    partitions: readonly number[],
  ): Promise<readonly WaitingEntry[]> {
    const nowMs = this.#clock.wallMs();
    return [...this.#group(group).waiting.values()]
      .filter(({ stored }) => partitions.includes(stored.partition))
      .map(({ stored: { partition, position, event }, attempts, dueMs }) => ({
        partition,
        position,
        subject: event.subject,
        attempts,
        dueInMs: Math.max(0, dueMs - nowMs),
      }));
  }

  async commit(group: string, progress: readonly Progress[]): Promise<readonly number[]> {
    const state = this.#group(group);
    const lost: number[] = [];
    for (const each of progress) {
      const holder = state.partitions[each.partition];
      if (holder === undefined || holder.epoch !== each.epoch || holder.member === "") {
        lost.push(each.partition); // SS2
        continue;
      }
      holder.cursor = Math.max(holder.cursor, each.cursor);
      this.#record(state, each);
    }
    return lost;
  }

  async deadLetters(
    group: string,
    { limit, after }: Required<DeadLetterPage>,
  ): Promise<readonly DeadLetter[]> {
    return [...(this.#groups.get(group)?.dead.values() ?? [])]
      .filter((each) => each.position > after)
      .toSorted((a, b) => a.position - b.position)
      .slice(0, limit)
      .map(({ event, position, attempts, error, time }) => ({
        event,
        position,
        attempts,
        error,
        time,
      }));
  }

  async replay(group: string, which: DeadLetterSelection): Promise<number> {
    const state = this.#groups.get(group);
    const letters = this.#select(group, which);
    for (const { position, stored } of letters) {
      state?.dead.delete(position);
      state?.waiting.set(position, { stored, attempts: 0, dueMs: this.#clock.wallMs() });
    }
    if (letters.length > 0) this.#notify("waiting");
    return letters.length;
  }

  async discard(group: string, which: DeadLetterSelection): Promise<number> {
    const letters = this.#select(group, which);
    for (const each of letters) this.#groups.get(group)?.dead.delete(each.position);
    return letters.length;
  }

  async groups(): Promise<readonly GroupStatus[]> {
    const nowMs = this.#clock.wallMs();
    return [...this.#groups].map(([group, state]) => {
      const unread = this.#events.filter(
        (each) => each.position > (state.partitions[each.partition]?.cursor ?? 0),
      );
      const oldestMs = Math.min(nowMs, ...unread.map((each) => each.publishedMs));
      return {
        group,
        members: [...state.members.values()].filter((untilMs) => untilMs > nowMs).length,
        lag: unread.length + state.waiting.size,
        lagMs: nowMs - oldestMs,
        waiting: state.waiting.size,
        dead: state.dead.size,
      };
    });
  }

  async sweep({ retentionMs, inactiveMs }: SweepLimits): Promise<number> {
    const nowMs = this.#clock.wallMs();
    const beforeMs = nowMs - retentionMs;
    const active = [...this.#groups.values()].filter(
      (each) => each.activeMs > nowMs - inactiveMs || this.kind === "queue",
    );
    const kept = this.#events.filter(
      ({ publishedMs, partition, position }) =>
        publishedMs >= beforeMs ||
        active.some((each) => (each.partitions[partition]?.cursor ?? 0) < position) ||
        (this.kind === "queue" && active.length === 0),
    );
    const removed = this.#events.length - kept.length;
    this.#events = kept;
    this.#keys.clear();
    for (const { event } of kept) this.#keys.add(event.key);
    return removed;
  }

  subscribe(wake: (hint: WakeHint) => void): Disposable {
    this.#listeners.add(wake);
    return { [Symbol.dispose]: () => void this.#listeners.delete(wake) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The memory belongs to whoever made the store; several streams may share it.
  }

  #record(state: Group, progress: Progress): void {
    const nowMs = this.#clock.wallMs();
    const storedAt = (position: number): StoredEvent | undefined =>
      state.waiting.get(position)?.stored ??
      this.#events.find((each) => each.position === position);
    for (const { position, attempts, dueInMs } of progress.waiting) {
      const stored = storedAt(position);
      if (stored !== undefined) {
        state.waiting.set(position, { stored, attempts, dueMs: nowMs + dueInMs });
      }
    }
    for (const { position, attempts, error } of progress.dead) {
      const stored = storedAt(position);
      if (stored === undefined) continue;
      const time = isoTime(nowMs);
      state.dead.set(position, { event: stored.event, position, attempts, error, time, stored });
    }
    for (const position of progress.settled) state.waiting.delete(position);
  }

  #select(
    group: string,
    which: DeadLetterSelection,
  ): readonly (DeadLetter & { readonly stored: StoredEvent })[] {
    const all = [...(this.#groups.get(group)?.dead.values() ?? [])];
    return which === "all" ? all : all.filter((each) => which.keys.includes(each.event.key));
  }

  #group(name: string): Group {
    const found = this.#groups.get(name);
    if (found === undefined) throw new EventGroupError(this.name, name, [...this.#groups.keys()]);
    return found;
  }

  #notify(hint: WakeHint): void {
    for (const each of this.#listeners) each(hint);
  }
}

function isoTime(wallMs: number): string {
  // eslint-disable-next-line no-restricted-globals -- formats a given time, does not read the clock
  return new Date(wallMs).toISOString();
}
