/**
 * The notifications service: joins its parts.
 *
 * @module
 */
import type { Pool } from "@ashlar/postgres";
import type { ServiceContext, ServiceDefinition, StreamUse } from "@ashlar/service";
import { authenticatorByUsers } from "../common/account-keys.ts";
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
    const { http, scope, uses } = context;
    const events = await uses.stream("EVENTS_URL");
    const runtime = await openRuntime(context, events);
    const authenticator = authenticatorByUsers(context);
    const dispatcher = scope.own(dispatching(context, runtime));
    notificationRoutes(http, { runtime, authenticator });
    const onDue = (): void => dispatcher.wake();
    deliveryRoutes(http, { runtime, authenticator, stream: events.stream, onDue });
    await consume(context, { runtime, events, onDue });
  },
};

async function openRuntime(
  context: NotificationsContext,
  events: StreamUse,
): Promise<NotificationsRuntime> {
  const { config, environment, log, metrics, uses } = context;
  const database = await uses.postgres("NOTIFICATIONS_DB_URL");
  return {
    config,
    environment,
    database,
    inbox: await events.inbox(database),
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

async function consume(
  { log }: NotificationsContext,
  parts: {
    readonly runtime: NotificationsRuntime;
    readonly events: StreamUse;
    readonly onDue: () => void;
  },
): Promise<void> {
  const { runtime, events, onDue } = parts;
  await events.consume({
    group,
    handler: async (event, delivery) => {
      if (await takeEvent(runtime, event, delivery.signal)) onDue();
    },
    onDelivery: ({ outcome, event, attempt, error }) => {
      if (outcome === "handled") return;
      log.warn("event not handled", { key: event.key, type: event.type, attempt, outcome, error });
    },
  });
}
