/**
 * Turns one event into a notification and its deliveries, once.
 *
 * - NT1  However often an event is delivered, it makes one notification: the inbox records its key in
 *        the transaction that inserts, and a unique index would refuse a second.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Event, EventRejectedError } from "@ashlar/events";
import type { Transaction } from "@ashlar/postgres";
import type { Contact } from "../common/internal-api.ts";
import { parseShopEvent, type ShopEvent } from "../common/shop-events.ts";
import { insertDelivery } from "./delivery-store.ts";
import { forgetPerson, insertNotification } from "./notification.ts";
import { addressesFor, findPreferences } from "./preferences.ts";
import { group, type NotificationsRuntime } from "./runtime.ts";
import { isTold, messageOf, type ToldEvent, templatesFor } from "./templates/library.ts";

/**
 * Settles when the event has had its effect. Returns whether there is something new to send.
 *
 * @throws {EventRejectedError} for data that does not fit its type. @throws {ContactUnavailableError}
 */
export async function takeEvent(
  runtime: NotificationsRuntime,
  event: Event,
  signal: AbortSignal,
): Promise<boolean> {
  const known = read(event);
  if (known === undefined) return false;
  if (known.type === "UserDeleted") return forget(runtime, event, known.data.userId);
  if (!isTold(known)) return false;
  // Asked before the transaction: no lock is held while another service thinks.
  const contact = await runtime.contacts.find(known.data.userId, signal);
  if (contact === undefined) return false; // The account is gone; nobody is left to tell.
  return runtime.database.transaction(async (tx) => {
    if (!(await runtime.inbox.once(tx, group, event.key))) return false;
    await tell(runtime, tx, { event, known, contact });
    tx.onCommit(() => runtime.count.event());
    return true;
  });
}

function read(event: Event): ShopEvent | undefined {
  try {
    return parseShopEvent(event.type, event.data);
  } catch (error) {
    throw new EventRejectedError(event.key, `its data does not fit ${event.type}`, {
      cause: error,
    });
  }
}

function forget(runtime: NotificationsRuntime, event: Event, userId: string): Promise<boolean> {
  return runtime.database.transaction(async (tx) => {
    if (await runtime.inbox.once(tx, group, event.key)) await forgetPerson(tx, userId);
    return false;
  });
}

async function tell(
  runtime: NotificationsRuntime,
  tx: Transaction,
  about: { readonly event: Event; readonly known: ToldEvent; readonly contact: Contact },
): Promise<void> {
  const { event, known, contact } = about;
  const { config, environment } = runtime;
  const nowMs = environment.clock.wallMs();
  const locale = templatesFor(contact.locale).locale;
  const message = messageOf(known, locale, { ...config, token: null });
  const notificationId = environment.entropy.uuid();
  await insertNotification(tx, {
    id: notificationId,
    userId: contact.userId,
    eventKey: event.key,
    type: event.type,
    title: message.title,
    body: message.summary,
    subject: event.subject,
    createdAtMs: nowMs,
    readAtMs: null,
  });
  const preferences = await findPreferences(tx, contact.userId);
  for (const { channel, address } of addressesFor(known.type, contact, preferences)) {
    await insertDelivery(tx, {
      id: environment.entropy.uuid(),
      notificationId,
      userId: contact.userId,
      channel,
      messageId: messageIdOf(event.key, channel, config.fromAddress),
      address,
      locale,
      type: known.type,
      data: { event: known.data, name: contact.name },
      status: "pending",
      attempts: 0,
      nextAttemptAtMs: nowMs,
      lastError: null,
      createdAtMs: nowMs,
      sentAtMs: null,
      traceparent: event.traceparent ?? null,
    });
  }
}

/** NT3: made of the event and the channel alone, so that every attempt has the same. */
export function messageIdOf(eventKey: string, channel: string, fromAddress: string): string {
  const digest = createHash("sha256").update(`${channel}\n${eventKey}`).digest("base64url");
  return `<${digest}@${fromAddress.split("@")[1] ?? "localhost"}>`;
}
