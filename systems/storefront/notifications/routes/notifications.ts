/**
 * `/api/notifications`: what the signed-in person was told, and how they wish to be told.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { decodeCursor, pageOf } from "../../common/cursor.ts";
import { entityTag } from "../../common/entity-tag.ts";
import { idParams, pageFields, pageSchema } from "../../common/wire.ts";
import { deliveriesOf } from "../delivery-store.ts";
import { NotificationUnknownError } from "../errors.ts";
import {
  countUnread,
  findNotification,
  listNotifications,
  markRead,
  type Notification,
} from "../notification.ts";
import { changePreferences, findPreferences } from "../preferences.ts";
import type { NotificationsRuntime } from "../runtime.ts";
import {
  type NotificationView,
  notificationSchema,
  notificationView,
  preferencesBody,
  preferencesSchema,
  preferencesView,
} from "../wire.ts";

const tags = ["notifications"];
const security = [{ bearer: [] }];

export interface NotificationRoutesOptions {
  readonly runtime: NotificationsRuntime;
  readonly authenticator: Authenticator;
}

export function notificationRoutes(http: ServiceHttp, options: NotificationRoutesOptions): void {
  listRoutes(http, options);
  oneRoutes(http, options);
  preferenceRoutes(http, options);
}

function listRoutes(http: ServiceHttp, options: NotificationRoutesOptions): void {
  const { runtime, authenticator } = options;
  http.route({
    method: "GET",
    url: "/api/notifications",
    schema: {
      tags,
      security,
      summary: "What you were told, newest first, with how far each message got.",
      querystring: z.object({ ...pageFields, unread: z.enum(["true", "false"]).optional() }),
      response: { 200: pageSchema(notificationSchema) },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      const { limit, cursor, unread } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const query = { userId, limit, after, unreadOnly: unread === "true" };
      const found = await listNotifications(runtime.database, query);
      const page = pageOf(found, limit, (each) => ({ atMs: each.createdAtMs, id: each.id }));
      return { ...page, items: await viewsOf(runtime, page.items) };
    },
  });
  http.route({
    method: "GET",
    url: "/api/notifications/unread-count",
    schema: {
      tags,
      security,
      summary: "How many you have not read.",
      response: { 200: z.object({ unread: z.int() }) },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      return { unread: await countUnread(runtime.database, userId) };
    },
  });
  http.route({
    method: "POST",
    url: "/api/notifications/read-all",
    schema: {
      tags,
      security,
      summary: "Mark all as read.",
      response: { 200: z.object({ marked: z.int() }) },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      const nowMs = runtime.environment.clock.wallMs();
      return { marked: await markRead(runtime.database, { userId }, nowMs) };
    },
  });
}

function oneRoutes(http: ServiceHttp, options: NotificationRoutesOptions): void {
  const { runtime, authenticator } = options;
  const read = async (which: { id: string; userId: string }): Promise<Notification> => {
    const found = await findNotification(runtime.database, which);
    if (found === undefined) throw new NotificationUnknownError();
    return found;
  };
  http.route({
    method: "GET",
    url: "/api/notifications/:id",
    schema: {
      tags,
      security,
      summary: "One notification.",
      params: idParams,
      response: { 200: notificationSchema },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      const found = await read({ id: request.params.id, userId });
      const [view] = await viewsOf(runtime, [found]);
      return view ?? notificationView(found, []);
    },
  });
  http.route({
    method: "PUT",
    url: "/api/notifications/:id/read",
    schema: {
      tags,
      security,
      summary: "Mark one as read; the first time stays.",
      params: idParams,
      response: { 200: notificationSchema },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      const which = { id: request.params.id, userId };
      await markRead(runtime.database, which, runtime.environment.clock.wallMs());
      const found = await read(which);
      const [view] = await viewsOf(runtime, [found]);
      return view ?? notificationView(found, []);
    },
  });
}

function preferenceRoutes(http: ServiceHttp, options: NotificationRoutesOptions): void {
  const { runtime, authenticator } = options;
  http.route({
    method: "GET",
    url: "/api/notifications/preferences",
    schema: {
      tags,
      security,
      summary: "How you wish to be told. Mail about your account's safety comes in any case.",
      response: { 200: preferencesSchema },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      const preferences = await findPreferences(runtime.database, userId);
      return reply
        .header("etag", entityTag(preferences.version))
        .send(preferencesView(preferences));
    },
  });
  http.route({
    method: "PUT",
    url: "/api/notifications/preferences",
    schema: {
      tags,
      security,
      summary: "Say how you wish to be told.",
      body: preferencesBody,
      response: { 200: preferencesSchema },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      const ifMatch = request.headers["if-match"];
      const wanted = { preferences: request.body, ifMatch };
      const preferences = await changePreferences(runtime, userId, wanted);
      return reply
        .header("etag", entityTag(preferences.version))
        .send(preferencesView(preferences));
    },
  });
}

async function viewsOf(
  runtime: NotificationsRuntime,
  found: readonly Notification[],
): Promise<NotificationView[]> {
  const byNotification = await deliveriesOf(
    runtime.database,
    found.map((each) => each.id),
  );
  return found.map((each) => notificationView(each, byNotification.get(each.id) ?? []));
}
