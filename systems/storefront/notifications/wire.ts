/**
 * Notifications, deliveries and preferences as the API shows them.
 *
 * @module
 */
import * as z from "zod";
import { isoTime, timeSchema } from "../common/wire.ts";
import { type ChannelName, channelNames } from "./channel.ts";
import { type Delivery, type DeliveryStatus, deliveryStatuses } from "./delivery.ts";
import type { Notification } from "./notification.ts";
import type { Preferences } from "./preferences.ts";

const progressSchema = z.object({
  channel: z.enum(channelNames),
  status: z.enum(deliveryStatuses),
  sentAt: timeSchema.nullable(),
});

export interface NotificationView {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly body: string;
  readonly subject: string;
  readonly createdAt: string;
  readonly readAt: string | null;
  readonly deliveries: readonly {
    readonly channel: ChannelName;
    readonly status: DeliveryStatus;
    readonly sentAt: string | null;
  }[];
}

export const notificationSchema: z.ZodType<NotificationView> = z.object({
  id: z.uuid(),
  type: z.string(),
  title: z.string(),
  body: z.string(),
  subject: z.string().describe("What it is about: `order/<id>` or `user/<id>`."),
  createdAt: timeSchema,
  readAt: timeSchema.nullable(),
  deliveries: z.array(progressSchema).readonly(),
});

export function notificationView(
  notification: Notification,
  deliveries: readonly Delivery[],
): NotificationView {
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

const pushTokenSchema = z.string().min(1).max(500).nullable().describe("Where push messages go.");

export interface PreferencesView {
  readonly email: boolean;
  readonly sms: boolean;
  readonly push: boolean;
  readonly pushToken: string | null;
}

export const preferencesSchema: z.ZodType<PreferencesView> = z.object({
  email: z.boolean(),
  sms: z.boolean(),
  push: z.boolean(),
  pushToken: pushTokenSchema,
});

/** What a person sends; a push token may be left out. */
export const preferencesBody: z.ZodType<PreferencesView> = z.object({
  email: z.boolean(),
  sms: z.boolean(),
  push: z.boolean(),
  pushToken: pushTokenSchema.default(null),
});

export function preferencesView(preferences: Preferences): PreferencesView {
  const { email, sms, push, pushToken } = preferences;
  return { email, sms, push, pushToken };
}

export interface DeliveryView {
  readonly id: string;
  readonly notificationId: string;
  readonly userId: string;
  readonly channel: ChannelName;
  readonly type: string;
  readonly messageId: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt: string;
  readonly lastError: string | null;
  readonly createdAt: string;
  readonly sentAt: string | null;
}

export const deliverySchema: z.ZodType<DeliveryView> = z.object({
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
});

export function deliveryView(delivery: Delivery): DeliveryView {
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
