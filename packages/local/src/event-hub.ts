/**
 * Tells many subscribers what happens, and waits for none of them.
 *
 * - LEH1  Publishing never blocks. A subscriber's backlog is bounded; what it misses is counted and
 *        told in the place where it is missing.
 * - LEH2  A subscriber sees events in the order in which they were published.
 *
 * @module
 */

const backlogMax = 1_000;

/** In place of events that a slow subscriber has missed. */
export interface Missed {
  readonly missed: number;
}

interface Subscriber<Event> {
  readonly backlog: (Event | Missed)[];
  missed: number;
  wake: (() => void) | undefined;
}

export class EventHub<Event extends object> {
  readonly #subscribers = new Set<Subscriber<Event>>();
  #closed = false;

  publish(event: Event): void {
    for (const each of this.#subscribers) {
      if (each.backlog.length >= backlogMax) {
        each.missed += 1;
        continue;
      }
      if (each.missed > 0) {
        each.backlog.push({ missed: each.missed });
        each.missed = 0;
      }
      each.backlog.push(event);
      each.wake?.();
    }
  }

  /** From now on: it is subscribed when this returns. Ends with the hub, or when `signal` aborts. */
  subscribe(signal?: AbortSignal): AsyncGenerator<Event | Missed, void, undefined> {
    const subscriber: Subscriber<Event> = { backlog: [], missed: 0, wake: undefined };
    if (!this.#closed) this.#subscribers.add(subscriber);
    return this.#drain(subscriber, signal);
  }

  /** Subscribers get what they have not yet taken, and then end. */
  close(): void {
    this.#closed = true;
    for (const each of this.#subscribers) each.wake?.();
  }

  async *#drain(
    subscriber: Subscriber<Event>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Event | Missed, void, undefined> {
    const onAbort = (): void => subscriber.wake?.();
    signal?.addEventListener("abort", onAbort);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        const next = subscriber.backlog.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        if (subscriber.missed > 0) {
          const { missed } = subscriber;
          subscriber.missed = 0;
          yield { missed };
          continue;
        }
        if (this.#closed) return;
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
        });
        subscriber.wake = undefined;
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#subscribers.delete(subscriber);
    }
  }
}
