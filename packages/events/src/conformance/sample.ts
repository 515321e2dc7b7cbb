/**
 * Events to publish and a place to collect them, for the conformance cases.
 *
 * @module
 */
import type { Event } from "../event.ts";
import type { Delivery } from "../stream.ts";

export interface ConformanceCase<Harness> {
  readonly name: string;
  readonly run: (this: void, harness: Harness) => Promise<void>;
}

/** An event whose data tell its number. */
export function sampleEvent(number: number, subject: string, key = `${subject}#${number}`): Event {
  return {
    key,
    type: "sample.happened",
    subject,
    time: "2026-11-21T06:00:00.000Z",
    data: { number },
  };
}

/** `count` events, dealt to `subjects` subjects in turn. */
export function sampleEvents(count: number, subjects: number): readonly Event[] {
  return Array.from({ length: count }, (_, index) =>
    sampleEvent(index, `subject/${index % subjects}`),
  );
}

/** Remembers what was delivered, and tells when enough was. */
export class Collector {
  readonly deliveries: { readonly event: Event; readonly attempt: number; readonly by: string }[] =
    [];
  readonly #waiters: { readonly isMet: () => boolean; readonly meet: () => void }[] = [];

  /** A handler that remembers; `by` names the consumer. */
  handler(by = ""): (event: Event, delivery: Delivery) => void {
    return (event, { attempt }) => this.add(event, attempt, by);
  }

  add(event: Event, attempt: number, by = ""): void {
    this.deliveries.push({ event, attempt, by });
    for (const each of this.#waiters) if (each.isMet()) each.meet();
  }

  get keys(): readonly string[] {
    return this.deliveries.map(({ event }) => event.key);
  }

  keysOf(subject: string): readonly string[] {
    return this.keys.filter((_, index) => this.deliveries[index]?.event.subject === subject);
  }

  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((meet) => this.#waiters.push({ isMet, meet }));
  }

  untilCount(count: number): Promise<void> {
    return this.until(() => this.deliveries.length >= count);
  }

  untilKeys(count: number): Promise<void> {
    return this.until(() => new Set(this.keys).size >= count);
  }
}

/** Short waits, so that the cases are quick. */
export const briefly = { initialMs: 1, maxMs: 4 } as const;
