/**
 * The notifications service: joins its parts.
 *
 * @module
 */
import type { EventStream } from "@ashlar/events";
import { type Pool, PostgresInbox } from "@ashlar/postgres";
import type { ServiceContext, ServiceDefinition } from "@ashlar/service";
import { authenticatorByUsers } from "../common/account-keys.ts";
import { openEventStream, retentionMs } from "../common/event-stream.ts";
import { Periodic } from "../common/periodic.ts";
import type { Channels } from "./channel.ts";
import { notificationsConfig } from "./config.ts";
import { countOpen } from "./delivery-store.ts";
import { dispatch } from "./dispatch.ts";
import { notificationMetrics } from "./metrics.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { group, type NotificationsCounters, type NotificationsRuntime } from "./runtime.ts";
import { SandboxChannel } from "./sandbox-channel.ts";
import { SmtpChannel } from "./smtp-channel.ts";
import { takeEvent } from "./take-event.ts";
import { UsersContacts } from "./users-contacts.ts";

type NotificationsFields = (typeof notificationsConfig)["fields"];
type NotificationsContext = ServiceContext<NotificationsFields>;

export const notificationsService: ServiceDefinition<NotificationsFields> = {
  config: notificationsConfig,
  metrics: notificationMetrics,
  limits: { bodyBytes: 16 * 1024 },
  openapi: { title: "Notifications", version: "1.0.0" },
  open: async (context) => {
    const { http, scope } = context;
    const runtime = await openRuntime(context);
    const stream = await openEventStream(context);
    const authenticator = authenticatorByUsers(context);
    const dispatcher = scope.own(dispatching(context, runtime));
    notificationRoutes(http, { runtime, authenticator });
    const onDue = (): void => dispatcher.wake();
    deliveryRoutes(http, { runtime, authenticator, stream, onDue });
    scope.own(await consuming(context, { runtime, stream, onDue }));
    scope.own(sweeping(context, { runtime, stream }));
  },
};

async function openRuntime(context: NotificationsContext): Promise<NotificationsRuntime> {
  const { config, environment, log, metrics, uses } = context;
  const database = await uses.postgres("NOTIFICATIONS_DB_URL");
  return {
    config,
    environment,
    database,
    inbox: await PostgresInbox.open({ pool: database }),
    contacts: new UsersContacts({
      users: uses.http("USERS_URL"),
      key: uses.secret("SERVICE_KEYS_CONTACTS"),
    }),
    channels: openChannels(context, database),
    log,
    count: countersOf(metrics),
  };
}

function openChannels(context: NotificationsContext, database: Pool): Channels {
  const { config, environment, scope, uses } = context;
  const { clock } = environment;
  const email = scope.own(
    new SmtpChannel({
      url: uses.url("SMTP_URL").href,
      fromName: config.shopName,
      fromAddress: config.fromAddress,
      timeoutMs: config.deliveryTimeoutMs,
    }),
  );
  return {
    email,
    sms: new SandboxChannel({ name: "sms", database, clock }),
    push: new SandboxChannel({ name: "push", database, clock }),
  };
}

function countersOf(metrics: ServiceContext["metrics"]): NotificationsCounters {
  const events = metrics.counter(notificationMetrics.eventsTotal);
  const deliveries = metrics.counter(notificationMetrics.deliveriesTotal);
  return {
    event: () => events.add({}),
    delivery: (channel, outcome) => deliveries.add({ channel, outcome }),
  };
}

function dispatching(context: NotificationsContext, runtime: NotificationsRuntime): Periodic {
  const pending = context.metrics.gauge(notificationMetrics.deliveriesPending);
  const dead = context.metrics.gauge(notificationMetrics.deadLetters);
  return new Periodic({
    name: "deliveries dispatched",
    clock: context.environment.clock,
    intervalMs: context.config.dispatchIntervalMs,
    log: context.log,
    run: async (signal) => {
      const claimed = await dispatch(runtime, signal);
      const open = await countOpen(runtime.database);
      pending.set({}, open.pending);
      dead.set({}, open.dead);
      return claimed;
    },
  });
}

/** Handles events in the trace of what caused them. */
function consuming(
  context: NotificationsContext,
  parts: {
    readonly runtime: NotificationsRuntime;
    readonly stream: EventStream;
    readonly onDue: () => void;
  },
): Promise<AsyncDisposable> {
  const { runtime, stream, onDue } = parts;
  const { tracer, log } = context;
  return stream.consume({
    group,
    handler: (event, delivery) => {
      const { traceparent } = event;
      const parent = tracer.extract(traceparent === undefined ? {} : { traceparent }) ?? null;
      const attributes = { "messaging.message.id": event.key, "messaging.operation": "process" };
      return tracer.span(
        `process ${event.type}`,
        { kind: "consumer", attributes, parent },
        async () => {
          if (await takeEvent(runtime, event, delivery.signal)) onDue();
        },
      );
    },
    onDelivery: ({ outcome, event, attempt, error }) => {
      if (outcome === "handled") return;
      log.warn("event not handled", { key: event.key, type: event.type, attempt, outcome, error });
    },
  });
}

/** The inbox must remember longer than the stream does, or an old event could have its effect twice. */
const inboxKeptMs = 2 * retentionMs;

function sweeping(
  context: NotificationsContext,
  parts: { readonly runtime: NotificationsRuntime; readonly stream: EventStream },
): Periodic {
  const { runtime, stream } = parts;
  return new Periodic({
    name: "old events swept",
    clock: context.environment.clock,
    intervalMs: 600_000,
    log: context.log,
    run: async () => (await stream.sweep()) + (await runtime.inbox.sweep(inboxKeptMs)),
  });
}
