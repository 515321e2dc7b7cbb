/**
 * Transactions, outbox and inbox in memory: what a producer or consumer without a database uses, and
 * what tests of services use in place of one.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import { checkEvent, defaultMaxEventBytes, type Event } from "./event.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox, OutboxPending, OutboxSource, RefusedEvent } from "./outbox.ts";

/** Effects that happen together when the transaction commits, or not at all. */
export class MemoryTransaction {
  readonly #effects: (() => void)[] = [];
  readonly #endings: (() => void)[] = [];

  /** `effect` happens at the commit. */
  onCommit(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** `ending` happens after commit or rollback. */
  onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  /** Runs `work`; its effects happen if it settles. */
  static async run<T>(work: (transaction: MemoryTransaction) => Promise<T>): Promise<T> {
    const transaction = new MemoryTransaction();
    try {
      const result = await work(transaction);
      for (const effect of transaction.#effects) effect();
      return result;
    } finally {
      for (const ending of transaction.#endings) ending();
    }
  }
}

export class MemoryOutbox implements Outbox<MemoryTransaction>, OutboxSource {
  readonly #clock: Clock;
  readonly #maxEventBytes: number;
  #pending: { readonly event: Event; readonly appendedMs: number }[] = [];
  readonly #refused: RefusedEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #draining: Promise<unknown> = Promise.resolve();

  constructor(options: { readonly clock: Clock; readonly maxEventBytes?: number }) {
    this.#clock = options.clock;
    this.#maxEventBytes = options.maxEventBytes ?? defaultMaxEventBytes;
  }

  async append(tx: MemoryTransaction, ...events: readonly Event[]): Promise<void> {
    for (const each of events) checkEvent(each, this.#maxEventBytes);
    tx.onCommit(() => {
      const appendedMs = this.#clock.wallMs();
      this.#pending.push(...events.map((event) => ({ event, appendedMs })));
      for (const wake of this.#listeners) wake();
    });
  }

  drain(
    limit: number,
    publish: (events: readonly Event[]) => Promise<readonly RefusedEvent[]>,
  ): Promise<number> {
    const turn = this.#draining.then(async () => {
      const batch = this.#pending.slice(0, limit);
      if (batch.length === 0) return 0;
      this.#refused.push(...(await publish(batch.map((each) => each.event))));
      this.#pending = this.#pending.slice(batch.length);
      return batch.length;
    });
    this.#draining = turn.catch(() => undefined); // One relay at a time.
    return turn;
  }

  subscribe(wake: () => void): Disposable {
    this.#listeners.add(wake);
    return { [Symbol.dispose]: () => void this.#listeners.delete(wake) };
  }

  async pending(): Promise<OutboxPending> {
    const oldest = this.#pending[0]?.appendedMs ?? this.#clock.wallMs();
    return {
      count: this.#pending.length,
      oldestAgeMs: this.#clock.wallMs() - oldest,
      refused: this.#refused.length,
    };
  }
}

export class MemoryInbox implements Inbox<MemoryTransaction> {
  readonly #clock: Clock;
  readonly #done = new Map<string, number>();
  /** Keys that an open transaction is doing, with the promise of its end. */
  readonly #doing = new Map<
    string,
    { readonly tx: MemoryTransaction; readonly ended: Promise<void> }
  >();

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  async once(tx: MemoryTransaction, group: string, key: string): Promise<boolean> {
    const id = JSON.stringify([group, key]);
    for (let other = this.#doing.get(id); other !== undefined; other = this.#doing.get(id)) {
      if (other.tx === tx) return false;
      await other.ended;
    }
    if (this.#done.has(id)) return false;
    const ended = Promise.withResolvers<void>();
    this.#doing.set(id, { tx, ended: ended.promise });
    tx.onCommit(() => this.#done.set(id, this.#clock.wallMs()));
    tx.onEnd(() => {
      this.#doing.delete(id);
      ended.resolve();
    });
    return true;
  }

  async sweep(retentionMs: number): Promise<number> {
    const beforeMs = this.#clock.wallMs() - retentionMs;
    const old = [...this.#done].filter(([, doneMs]) => doneMs < beforeMs);
    for (const [id] of old) this.#done.delete(id);
    return old.length;
  }
}
