/**
 * A queue with a limit. A full queue refuses; it never grows and never drops what it took.
 *
 * - BQ1  `size <= capacity` at all times.
 * - BQ2  Items leave in the order in which they entered.
 * - BQ3  A closed queue refuses new items, gives out those it holds, and then ends.
 *
 * @module
 */
import { CodedError, invariant } from "./error.ts";

/** Thrown by a producer that outruns the consumer. Retry later, or shed the load. */
export class QueueFullError extends CodedError<"QUEUE_FULL", { readonly capacity: number }> {
  constructor(capacity: number) {
    super("QUEUE_FULL", `the queue holds its limit of ${capacity} items`, { capacity });
  }
}

/** Thrown when something is put into a queue that has closed. */
export class QueueClosedError extends CodedError<"QUEUE_CLOSED", Record<never, never>> {
  constructor() {
    super("QUEUE_CLOSED", "the queue has closed", {});
  }
}

export class BoundedQueue<Item> implements AsyncIterable<Item> {
  readonly capacity: number;
  readonly #items: Item[] = [];
  readonly #takers: ((result: IteratorResult<Item, undefined>) => void)[] = [];
  #closed = false;

  constructor(capacity: number) {
    invariant(
      Number.isInteger(capacity) && capacity > 0,
      "a queue's capacity is a positive integer",
    );
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  /** @throws {QueueFullError} {@link QueueClosedError} */
  put(item: Item): void {
    if (this.#closed) throw new QueueClosedError();
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ done: false, value: item });
      return;
    }
    if (this.#items.length >= this.capacity) throw new QueueFullError(this.capacity);
    this.#items.push(item);
  }

  /** The next item, as soon as there is one; `done` when the queue has closed and is empty. */
  take(): Promise<IteratorResult<Item, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as Item;
      return Promise.resolve({ done: false, value });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Refuses new items from now on. Waiting takers end. */
  close(): void {
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
    return { next: () => this.take() };
  }
}
