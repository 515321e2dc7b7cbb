/**
 * A stream of events as a service uses it: an outbox that is relayed, an inbox, traced consumers.
 *
 * - SK17 What runs for an event belongs to the event's trace, and carries its key in every log
 *        line.
 * - SK18 An inbox is swept for as long as the service lives, and remembers twice as long as its
 *        stream keeps events.
 *
 * @module
 */
import {
  type ConsumeOptions,
  type Consumer,
  type Event,
  type EventStream,
  type Inbox,
  type Outbox,
  OutboxRelay,
} from "@ashlar/events";
import { backoffMs, describeError, hasCode } from "@ashlar/foundation";
import type { StreamPlan, UsePlan } from "@ashlar/model";
import {
  openPostgresStream,
  type Pool,
  PostgresInbox,
  PostgresOutbox,
  type PostgresStreamOptions,
  type Transaction,
} from "@ashlar/postgres";
import { parseTraceparent, type Telemetry } from "@ashlar/telemetry";
import type { DatabaseContext } from "./database.ts";
import { UseMissingError } from "./errors.ts";
import { eventHandlingSeconds, eventsHandledTotal, eventsLag, outboxPending } from "./metrics.ts";
import { runInRequest } from "./request-context.ts";

export interface StreamUse {
  readonly stream: EventStream;
  /**
   * The outbox in the service's own database; its events are relayed to this stream for as long as
   * the service lives. Call it once for each database.
   */
  outbox(database: Pool): Promise<Outbox<Transaction>>;
  /**
   * The memory of handled events in the service's own database. It forgets by itself what the
   * stream cannot deliver again. Call it once for each database.
   */
  inbox(database: Pool): Promise<Inbox<Transaction>>;
  /**
   * Handles the events of a group until the service stops; a stop lets the handlers in flight
   * finish. The group defaults to the one that the definition names.
   */
  consume(options: Omit<ConsumeOptions, "group"> & { readonly group?: string }): Promise<Consumer>;
}

export interface StreamContext extends DatabaseContext {
  /** What the Plan says of the stream and of this use; undefined where there is no Plan. */
  readonly plan: StreamPlan | undefined;
  readonly use: Extract<UsePlan, { readonly to: "stream" }> | undefined;
}

/** Opens the stream and waits for its engine while the service may still start. */
export async function openStreamUse(context: StreamContext): Promise<StreamUse> {
  const { environment, telemetry, log, scope } = context;
  const stream = scope.own(await untilOpened(context));
  const { metrics } = telemetry;
  const lag = metrics.gauge(eventsLag);
  return {
    stream,
    outbox: async (database) => {
      const outbox = await PostgresOutbox.open({
        pool: database,
        maxEventBytes: stream.maxEventBytes,
      });
      scope.own(OutboxRelay.open({ source: outbox, stream, environment, log }));
      const pending = metrics.gauge(outboxPending);
      const measure = metrics.onExpose(async () => {
        pending.set({ stream: stream.name }, (await outbox.pending()).count);
      });
      scope.own(measure);
      return outbox;
    },
    inbox: async (database) => {
      const inbox = await PostgresInbox.open({ pool: database });
      void sweepWhile(scope.signal, inbox, context);
      return inbox;
    },
    consume: async (options) => {
      const group = options.group ?? context.use?.group ?? "";
      if (group === "") throw new UseMissingError(`the group of ${context.name}`, "address");
      const consumer = await stream.consume({
        ...options,
        group,
        handler: tracedHandler(context, { stream: stream.name, group }, options.handler),
        onDelivery: (outcome) => {
          countDelivery(telemetry, stream.name, outcome);
          options.onDelivery?.(outcome);
        },
      });
      scope.own(
        metrics.onExpose(async () => {
          const groups = await stream.groups();
          const own = groups.find((each) => each.group === group);
          lag.set({ stream: stream.name, group }, own?.lag ?? 0);
        }),
      );
      return scope.own(consumer);
    },
  };
}

const sweepEveryMs = 600_000;
/** Where there is no Plan to say how long the stream keeps events. */
const retentionMsDefault = 7 * 86_400_000;

/** SK18 */
async function sweepWhile(
  signal: AbortSignal,
  inbox: Inbox<Transaction>,
  { plan, name, environment, log }: StreamContext,
): Promise<void> {
  const { clock, entropy } = environment;
  const keepMs = 2 * (plan?.retentionMs ?? retentionMsDefault);
  while (!signal.aborted) {
    try {
      await clock.sleep(sweepEveryMs * (0.5 + entropy.fraction()), signal);
      const count = await inbox.sweep(keepMs);
      if (count > 0) log.debug("inbox swept", { stream: name, count });
    } catch (error) {
      // A database that is away is waited out; readiness tells of it.
      if (!signal.aborted) {
        log.debug("inbox not swept", { stream: name, reason: describeError(error) });
      }
    }
  }
}

const openBackoff = { initialMs: 50, maxMs: 1_000 };

async function untilOpened(context: StreamContext): Promise<EventStream> {
  const { environment, log, signal, name } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      return await openPostgresStream(streamOptions(context));
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error, "POSTGRES_UNAVAILABLE")) throw error;
      if (attempt === 1) {
        log.warn("waiting for the stream", { stream: name, reason: describeError(error) });
      }
      const waitMs = backoffMs(openBackoff, attempt, environment.entropy.fraction());
      await environment.clock.sleep(waitMs, signal);
    }
  }
}

function streamOptions(context: StreamContext): PostgresStreamOptions {
  const { plan, url, name, environment, log, instance } = context;
  const common = { url, environment, log, application: instance };
  if (plan === undefined) {
    return { ...common, name, kind: "log", retentionMs: retentionMsDefault };
  }
  const { kind, partitions, retentionMs, maxEventBytes, maxDeliveries } = plan;
  return {
    ...common,
    name: plan.name,
    kind,
    partitions,
    retentionMs,
    maxEventBytes,
    maxDeliveries,
  };
}

/** SK17 */
function tracedHandler(
  context: StreamContext,
  labels: { readonly stream: string; readonly group: string },
  handler: ConsumeOptions["handler"],
): ConsumeOptions["handler"] {
  const { tracer } = context.telemetry;
  return (event, delivery) => {
    const request = {
      correlationId: correlationOf(event, context),
      deadlineAtMs: Number.POSITIVE_INFINITY, // The delivery's signal bounds it.
      logFields: { event: event.key, eventType: event.type, group: labels.group },
    };
    const options = {
      kind: "consumer",
      parent: parseTraceparent(event.traceparent) ?? null,
      attributes: {
        "messaging.destination.name": labels.stream,
        "messaging.consumer.group.name": labels.group,
        "messaging.message.id": event.key,
        "ashlar.attempt": delivery.attempt,
      },
    } as const;
    return tracer.span(`handle ${event.type}`, options, () =>
      runInRequest(request, async () => handler(event, delivery)),
    );
  };
}

/** Calls that are made for an event carry its key, where that is a harmless correlation id. */
function correlationOf(event: Event, { environment }: StreamContext): string {
  return /^[A-Za-z0-9._:-]{1,128}$/.test(event.key) ? event.key : environment.entropy.uuid();
}

function countDelivery(
  { metrics }: Pick<Telemetry, "metrics">,
  stream: string,
  delivery: Parameters<NonNullable<ConsumeOptions["onDelivery"]>>[0],
): void {
  const { group, outcome, durationMs } = delivery;
  metrics.counter(eventsHandledTotal).add({ stream, group, outcome });
  metrics.histogram(eventHandlingSeconds).observe({ stream, group }, durationMs / 1_000);
}
