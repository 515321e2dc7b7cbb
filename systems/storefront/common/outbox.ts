/**
 * A producer's way to the stream: the outbox in its own database, and the relay that empties it.
 *
 * @module
 */
import { OutboxRelay } from "@ashlar/events";
import { type Pool, PostgresOutbox, type Transaction } from "@ashlar/postgres";
import type { ServiceContext } from "@ashlar/service";
import { openEventStream } from "./event-stream.ts";
import { type EventWriter, eventWriter } from "./event-writer.ts";

type OutboxContext = Pick<
  ServiceContext,
  "uses" | "environment" | "log" | "scope" | "identity" | "tracer"
>;

/** Opens the outbox and starts the relay; both end with the service. */
export async function openOutbox(
  context: OutboxContext,
  database: Pool,
): Promise<EventWriter<Transaction>> {
  const { environment, log, scope, tracer } = context;
  const outbox = await PostgresOutbox.open({ pool: database });
  const stream = await openEventStream(context);
  scope.own(OutboxRelay.open({ source: outbox, stream, environment, log }));
  return eventWriter({
    outbox,
    clock: environment.clock,
    traceparent: () => {
      const headers: Record<string, string> = {};
      tracer.inject(headers);
      return headers["traceparent"];
    },
  });
}
