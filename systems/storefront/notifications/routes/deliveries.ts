/**
 * What staff see and do about messages that did not arrive.
 *
 * @module
 */
import type { EventStream } from "@ashlar/events";
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { decodeCursor, pageOf } from "../../common/cursor.ts";
import { requireStaff } from "../../common/principal.ts";
import { idParams, isoTime, pageFields, pageSchema, timeSchema } from "../../common/wire.ts";
import { channelNames } from "../channel.ts";
import { type Delivery, deliveryStatuses } from "../delivery.ts";
import { listDeliveries, lockDelivery, revive } from "../delivery-store.ts";
import { DeliveryNotDeadError, DeliveryUnknownError } from "../errors.ts";
import { group, type NotificationsRuntime } from "../runtime.ts";
import { listSandboxMessages } from "../sandbox-channel.ts";
import { deliverySchema, deliveryView } from "../wire.ts";

const tags = ["deliveries"];
const security = [{ bearer: [] }];

export interface DeliveryRoutesOptions {
  readonly runtime: NotificationsRuntime;
  readonly authenticator: Authenticator;
  readonly stream: Pick<EventStream, "deadLetters" | "replay">;
  /** Called when something has become due. */
  readonly onDue: () => void;
}

export function deliveryRoutes(http: ServiceHttp, options: DeliveryRoutesOptions): void {
  deliveryListRoute(http, options);
  replayRoute(http, options);
  deadEventRoutes(http, options);
  sandboxRoute(http, options);
}

function deliveryListRoute(http: ServiceHttp, options: DeliveryRoutesOptions): void {
  const { runtime, authenticator } = options;
  http.route({
    method: "GET",
    url: "/api/notifications/deliveries",
    schema: {
      tags,
      security,
      summary: "Deliveries, newest first; `status=dead` lists the dead letters. Staff only.",
      querystring: z.object({
        ...pageFields,
        status: z.enum(deliveryStatuses).optional(),
        channel: z.enum(channelNames).optional(),
        userId: z.uuid().optional(),
      }),
      response: { 200: pageSchema(deliverySchema) },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const { limit, cursor, status, channel, userId } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const query = { limit, after, status, channel, userId };
      const found = await listDeliveries(runtime.database, query);
      const page = pageOf(found, limit, (each) => ({ atMs: each.createdAtMs, id: each.id }));
      return { ...page, items: page.items.map(deliveryView) };
    },
  });
}

function replayRoute(http: ServiceHttp, options: DeliveryRoutesOptions): void {
  const { runtime, authenticator, onDue } = options;
  http.route({
    method: "POST",
    url: "/api/notifications/deliveries/:id/replay",
    schema: {
      tags,
      security,
      summary: "Try a dead letter again, with the same message id. Staff only.",
      params: idParams,
      response: { 200: deliverySchema },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const revived = await replay(runtime, request.params.id);
      onDue();
      return deliveryView(revived);
    },
  });
}

/** @throws {DeliveryUnknownError} {@link DeliveryNotDeadError} */
function replay(runtime: NotificationsRuntime, id: string): Promise<Delivery> {
  return runtime.database.transaction(async (tx) => {
    const delivery = await lockDelivery(tx, id);
    if (delivery === undefined) throw new DeliveryUnknownError();
    if (delivery.status !== "dead") throw new DeliveryNotDeadError(delivery.status);
    const nowMs = runtime.environment.clock.wallMs();
    await revive(tx, id, nowMs);
    return { ...delivery, status: "pending", attempts: 0, nextAttemptAtMs: nowMs };
  });
}

function deadEventRoutes(http: ServiceHttp, options: DeliveryRoutesOptions): void {
  const { authenticator, stream } = options;
  const deadEvent = z.object({
    key: z.string(),
    type: z.string(),
    subject: z.string(),
    time: z.string(),
    attempts: z.int(),
    error: z.string(),
    diedAt: z.string(),
  });
  http.route({
    method: "GET",
    url: "/api/notifications/dead-events",
    schema: {
      tags,
      security,
      summary: "Events that could not be turned into notifications, oldest first. Staff only.",
      response: { 200: z.object({ items: z.array(deadEvent) }) },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const letters = await stream.deadLetters(group, { limit: 100 });
      const items = letters.map(({ event, attempts, error, time }) => {
        const { key, type, subject } = event;
        return { key, type, subject, time: event.time, attempts, error, diedAt: time };
      });
      return { items };
    },
  });
  http.route({
    method: "POST",
    url: "/api/notifications/dead-events/replay",
    schema: {
      tags,
      security,
      summary: "Deliver dead events again: those named, or all. Staff only.",
      body: z.object({ keys: z.array(z.string().min(1).max(200)).min(1).max(100).optional() }),
      response: { 200: z.object({ replayed: z.int() }) },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const { keys } = request.body;
      return { replayed: await stream.replay(group, keys === undefined ? "all" : { keys }) };
    },
  });
}

function sandboxRoute(http: ServiceHttp, options: DeliveryRoutesOptions): void {
  const { runtime, authenticator } = options;
  const message = z.object({
    messageId: z.string(),
    channel: z.enum(["sms", "push"]),
    address: z.string(),
    text: z.string(),
    acceptedAt: timeSchema,
  });
  http.route({
    method: "GET",
    url: "/api/notifications/sandbox",
    schema: {
      tags,
      security,
      summary: "What the sandbox SMS and push providers took, newest first. Staff only.",
      response: { 200: z.object({ items: z.array(message) }) },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const taken = await listSandboxMessages(runtime.database, 100);
      return {
        items: taken.map(({ acceptedAtMs, ...each }) => ({
          ...each,
          acceptedAt: isoTime(acceptedAtMs),
        })),
      };
    },
  });
}
