/**
 * Tells what happened: writes events to the outbox in the transaction that made it happen.
 *
 * @module
 */
import type { Event } from "@ashlar/events";
import type { Pool, Transaction } from "@ashlar/postgres";
import type { ServiceContext } from "@ashlar/service";
import type { ShopEventDraft } from "./shop-events.ts";
import { timestamp } from "./timestamp.ts";

export interface EventWriter<Tx> {
  write(tx: Tx, ...drafts: readonly ShopEventDraft[]): Promise<void>;
}

/** A writer to the outbox in `database`; the kit relays it to the stream. */
export async function openEventWriter(
  context: Pick<ServiceContext, "uses" | "environment" | "tracer">,
  database: Pool,
): Promise<EventWriter<Transaction>> {
  const { uses, environment, tracer } = context;
  const stream = await uses.stream("EVENTS_URL");
  const outbox = await stream.outbox(database);
  return {
    write: async (tx, ...drafts) => {
      const time = timestamp(environment.clock.wallMs()).toISOString();
      const headers: Record<string, string> = {};
      tracer.inject(headers); // So that the consumer's spans join this trace.
      const { traceparent } = headers;
      const trace = traceparent === undefined ? {} : { traceparent };
      const events = drafts.map((draft): Event => ({ ...draft, time, ...trace }));
      if (events.length > 0) await outbox.append(tx, ...events);
    },
  };
}
