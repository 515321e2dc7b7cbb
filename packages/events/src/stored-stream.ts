/**
 * An {@link EventStream} over a {@link StreamStore}: checks, defaults, and the life of consumers.
 *
 * @module
 */
import {
  type Backoff,
  CodedError,
  type Environment,
  type Log,
  silentLog,
} from "@ashlar/foundation";
import { EventGroupError } from "./errors.ts";
import { checkEvent, defaultMaxEventBytes, type Event, partitionOf } from "./event.ts";
import { GroupConsumer } from "./group-consumer.ts";
import type {
  ConsumeOptions,
  Consumer,
  DeadLetter,
  DeadLetterPage,
  DeadLetterSelection,
  EventStream,
  GroupStatus,
  PublishResult,
  StreamKind,
} from "./stream.ts";
import type { StreamStore, SweepLimits } from "./stream-store.ts";

export interface StoredStreamOptions {
  readonly store: StreamStore;
  readonly environment: Environment;
  readonly log?: Log;
  /** Of one event's JSON. Default 256 KiB. */
  readonly maxEventBytes?: number;
  /** How long events are kept once handled; keys are deduplicated within it. Default 7 days. */
  readonly retentionMs?: number;
  /** Failures after which an event becomes a dead letter. Default 8. */
  readonly maxDeliveries?: number;
}

/** Takes ownership of the store. */
export function openStoredStream(options: StoredStreamOptions): EventStream {
  return new StoredStream(options);
}

const defaultBackoff: Backoff = { initialMs: 200, maxMs: 60_000 };
const dayMs = 86_400_000;

class StoredStream implements EventStream {
  readonly name: string;
  readonly kind: StreamKind;
  readonly maxEventBytes: number;
  readonly #options: StoredStreamOptions;
  readonly #store: StreamStore;
  readonly #log: Log;
  readonly #sweepLimits: SweepLimits;
  readonly #consumers = new Set<Consumer>();
  #closing: Promise<void> | undefined;

  constructor(options: StoredStreamOptions) {
    this.name = options.store.name;
    this.kind = options.store.kind;
    this.maxEventBytes = options.maxEventBytes ?? defaultMaxEventBytes;
    this.#options = options;
    this.#store = options.store;
    this.#log = (options.log ?? silentLog).with({ stream: options.store.name });
    const retentionMs = options.retentionMs ?? 7 * dayMs;
    this.#sweepLimits = { retentionMs, inactiveMs: retentionMs };
  }

  async publish(events: readonly Event[]): Promise<PublishResult> {
    for (const each of events) checkEvent(each, this.maxEventBytes);
    if (events.length === 0) return { published: 0, duplicates: 0 };
    const entries = events.map((event) => ({
      event,
      partition: partitionOf(event.subject, this.#store.partitions),
    }));
    return await this.#store.append(entries);
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const { group, signal } = options;
    signal?.throwIfAborted();
    if (!/^[a-z0-9_.-]{1,100}$/.test(group)) throw new EventGroupError(this.name, group, []);
    const known = await this.#store.openGroup(group, options.start ?? "earliest");
    if (!known.includes(group)) throw new EventGroupError(this.name, group, known);
    signal?.throwIfAborted();
    const consumer = new GroupConsumer({
      store: this.#store,
      environment: this.#options.environment,
      log: this.#log,
      group,
      handler: options.handler,
      concurrency: options.concurrency ?? 16,
      maxDeliveries: options.maxDeliveries ?? this.#options.maxDeliveries ?? 8,
      backoff: options.backoff ?? defaultBackoff,
      handlerTimeoutMs: options.handlerTimeoutMs ?? 30_000,
      graceMs: options.graceMs ?? 10_000,
      leaseMs: options.leaseMs ?? 15_000,
      pollMs: options.pollMs ?? 2_000,
      sweepLimits: this.#sweepLimits,
      onDelivery: options.onDelivery,
    });
    this.#consumers.add(consumer);
    const stop = (): void => void consumer.close();
    signal?.addEventListener("abort", stop, { once: true });
    void consumer.finished.finally(() => {
      this.#consumers.delete(consumer);
      signal?.removeEventListener("abort", stop);
    });
    return consumer;
  }

  deadLetters(group: string, page: DeadLetterPage = {}): Promise<readonly DeadLetter[]> {
    return this.#store.deadLetters(group, { limit: page.limit ?? 100, after: page.after ?? 0 });
  }

  replay(group: string, which: DeadLetterSelection): Promise<number> {
    return this.#store.replay(group, which);
  }

  discard(group: string, which: DeadLetterSelection): Promise<number> {
    return this.#store.discard(group, which);
  }

  groups(): Promise<readonly GroupStatus[]> {
    return this.#store.groups();
  }

  sweep(): Promise<number> {
    return this.#store.sweep(this.#sweepLimits);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((each) => each.close()));
    await this.#store[Symbol.asyncDispose]();
  }
}

/** Whether publishing this event again could never succeed. */
export function isRefusal(error: unknown): error is CodedError {
  return (
    error instanceof CodedError &&
    (error.code === "EVENT_INVALID" || error.code === "EVENT_TOO_LARGE")
  );
}
