/**
 * Notifications, deliveries and preferences as the API shows them.
 *
 * @module
 */
import * as z from "zod";
import { isoTime, timeSchema } from "../common/wire.ts";
import { channelNames } from "./channel.ts";
import { type Delivery, deliveryStatuses } from "./delivery.ts";
import type { Notification } from "./notification.ts";
import type { Preferences } from "./preferences.ts";

const progressSchema = z.object({
  channel: z.enum(channelNames),
  status: z.enum(deliveryStatuses),
  sentAt: timeSchema.nullable(),
});

const notificationFields = {
  id: z.uuid(),
  type: z.string(),
  title: z.string(),
  body: z.string(),
  subject: z.string().describe("What it is about: `order/<id>` or `user/<id>`."),
  createdAt: timeSchema,
  readAt: timeSchema.nullable(),
  deliveries: z.array(progressSchema).readonly(),
};

export const notificationSchema: z.ZodObject<typeof notificationFields> = z
  .object(notificationFields)
  .meta({ id: "Notification" });

export function notificationView(
  notification: Notification,
  deliveries: readonly Delivery[],
): z.infer<typeof notificationSchema> {
  return {
    id: notification.id,
    type: notification.type,
    title: notification.title,
    body: notification.body,
    subject: notification.subject,
    createdAt: isoTime(notification.createdAtMs),
    readAt: notification.readAtMs === null ? null : isoTime(notification.readAtMs),
    deliveries: deliveries.map(({ channel, status, sentAtMs }) => ({
      channel,
      status,
      sentAt: sentAtMs === null ? null : isoTime(sentAtMs),
    })),
  };
}

const preferencesFields = {
  email: z.boolean(),
  sms: z.boolean(),
  push: z.boolean(),
  pushToken: z.string().min(1).max(500).nullable().describe("Where push messages go."),
};

export const preferencesSchema: z.ZodObject<typeof preferencesFields> = z
  .object(preferencesFields)
  .meta({ id: "Preferences" });

export function preferencesView(preferences: Preferences): z.infer<typeof preferencesSchema> {
  const { email, sms, push, pushToken } = preferences;
  return { email, sms, push, pushToken };
}

const deliveryFields = {
  id: z.uuid(),
  notificationId: z.uuid(),
  userId: z.uuid(),
  channel: z.enum(channelNames),
  type: z.string(),
  messageId: z.string(),
  status: z.enum(deliveryStatuses),
  attempts: z.int(),
  nextAttemptAt: timeSchema,
  lastError: z.string().nullable(),
  createdAt: timeSchema,
  sentAt: timeSchema.nullable(),
};

export const deliverySchema: z.ZodObject<typeof deliveryFields> = z
  .object(deliveryFields)
  .meta({ id: "Delivery" });

export function deliveryView(delivery: Delivery): z.infer<typeof deliverySchema> {
  return {
    id: delivery.id,
    notificationId: delivery.notificationId,
    userId: delivery.userId,
    channel: delivery.channel,
    type: delivery.type,
    messageId: delivery.messageId,
    status: delivery.status,
    attempts: delivery.attempts,
    nextAttemptAt: isoTime(delivery.nextAttemptAtMs),
    lastError: delivery.lastError,
    createdAt: isoTime(delivery.createdAtMs),
    sentAt: delivery.sentAtMs === null ? null : isoTime(delivery.sentAtMs),
  };
}
