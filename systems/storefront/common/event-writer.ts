/**
 * Tells what happened: writes events to the outbox in the transaction that made it happen.
 *
 * @module
 */

import type { Event, Outbox } from "@ashlar/events";
import type { Clock } from "@ashlar/foundation";
import type { ShopEventDraft } from "./shop-events.ts";
import { timestamp } from "./timestamp.ts";

export interface EventWriter<Tx> {
  write(tx: Tx, ...drafts: readonly ShopEventDraft[]): Promise<void>;
}

export interface EventWriterOptions<Tx> {
  readonly outbox: Outbox<Tx>;
  readonly clock: Clock;
  /** The trace that runs now, so that the consumer's spans join it. */
  readonly traceparent: () => string | undefined;
}

export function eventWriter<Tx>(options: EventWriterOptions<Tx>): EventWriter<Tx> {
  const { outbox, clock } = options;
  return {
    write: async (tx, ...drafts) => {
      const time = timestamp(clock.wallMs()).toISOString();
      const traceparent = options.traceparent();
      const trace = traceparent === undefined ? {} : { traceparent };
      const events = drafts.map((draft): Event => ({ ...draft, time, ...trace }));
      if (events.length > 0) await outbox.append(tx, ...events);
    },
  };
}
