/**
 * Sends what is due.
 *
 * A delivery is claimed in one statement, sent, and recorded in another. Between the provider's
 * answer and the record lies the only window in which a killed process leaves it open whether the
 * message went out; see NT3 for what holds then.
 *
 * @module
 */
import { describeError } from "@ashlar/foundation";
import { withDeadline } from "../common/deadline.ts";
import { parseShopEvent } from "../common/shop-events.ts";
import type { Envelope } from "./channel.ts";
import { type Attempt, afterAttempt, type Delivery } from "./delivery.ts";
import { claimDue, recordAttempt } from "./delivery-store.ts";
import { MailTokenGoneError, MessageRefusedError } from "./errors.ts";
import { renderHtml, renderText, subjectOf } from "./message.ts";
import type { NotificationsRuntime } from "./runtime.ts";
import { isTold, messageOf, type ToldEvent, templatesFor } from "./templates/library.ts";

/** What a delivery keeps of its event. */
interface DeliveryData {
  readonly event: unknown;
  readonly name: string;
}

/** Claims and sends one batch, its members side by side. Returns how many were claimed. */
export async function dispatch(
  runtime: NotificationsRuntime,
  signal: AbortSignal,
): Promise<number> {
  const { clock, entropy } = runtime.environment;
  const holder = entropy.uuid();
  const claimed = await claimDue(runtime.database, {
    holder,
    nowMs: clock.wallMs(),
    leaseMs: runtime.config.deliveryLeaseMs,
    limit: runtime.config.dispatchBatch,
  });
  await Promise.all(claimed.map((delivery) => deliver(runtime, { delivery, holder, signal })));
  return claimed.length;
}

async function deliver(
  runtime: NotificationsRuntime,
  claim: { readonly delivery: Delivery; readonly holder: string; readonly signal: AbortSignal },
): Promise<void> {
  const { delivery, holder } = claim;
  const { clock, entropy } = runtime.environment;
  const { deliveryAttempts, retryInitialMs, retryMaxMs } = runtime.config;
  const attempt = await tryOnce(runtime, delivery, claim.signal);
  const after = afterAttempt(delivery.attempts, attempt, {
    policy: {
      attemptsMax: deliveryAttempts,
      backoff: { initialMs: retryInitialMs, maxMs: retryMaxMs },
    },
    fraction: entropy.fraction(),
  });
  const record = { id: delivery.id, holder, nowMs: clock.wallMs(), after };
  const recorded = await recordAttempt(runtime.database, record);
  const outcome = after.status === "pending" ? "retried" : after.status;
  const fields = { deliveryId: delivery.id, channel: delivery.channel, type: delivery.type };
  if (!recorded) {
    runtime.log.warn("delivery was taken over before it was recorded", fields);
    return;
  }
  runtime.count.delivery(delivery.channel, outcome);
  if (after.status === "sent") runtime.log.info("message sent", fields);
  else runtime.log.warn("message not sent", { ...fields, outcome, error: after.error });
}

async function tryOnce(
  runtime: NotificationsRuntime,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Attempt> {
  const { clock } = runtime.environment;
  const limitMs = runtime.config.deliveryTimeoutMs;
  try {
    await withDeadline({ clock, limitMs, signal }, async (limited) => {
      const envelope = await compose(runtime, delivery, limited);
      await runtime.channels[delivery.channel].send(envelope, limited);
    });
    return { kind: "sent" };
  } catch (error) {
    const forGood = error instanceof MessageRefusedError || error instanceof MailTokenGoneError;
    return { kind: "failed", error: describeError(error), forGood };
  }
}

async function compose(
  runtime: NotificationsRuntime,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Envelope> {
  const { config } = runtime;
  const { event: data, name } = delivery.data as DeliveryData;
  const event = parseShopEvent(delivery.type, data);
  if (event === undefined || !isTold(event)) {
    throw new MessageRefusedError(delivery.channel, `there is no template for ${delivery.type}`);
  }
  const token = await tokenFor(runtime, { event, delivery, signal });
  const message = messageOf(event, delivery.locale, { ...config, token });
  const templates = templatesFor(delivery.locale);
  const head = {
    shopName: config.shopName,
    shopUrl: config.shopUrl,
    locale: templates.locale,
    greeting: templates.greeting(name),
    signature: templates.signature(config.shopName),
  };
  const mail = delivery.channel === "email";
  return {
    messageId: delivery.messageId,
    address: delivery.address,
    subject: subjectOf(message),
    text: mail ? renderText(message, head) : `${config.shopName}: ${message.summary}`,
    html: mail ? renderHtml(message, head) : "",
    timeMs: delivery.createdAtMs,
  };
}

/** The token that a mail must carry, asked for only now: it is kept in no event and no table. */
async function tokenFor(
  runtime: NotificationsRuntime,
  wanted: {
    readonly event: ToldEvent;
    readonly delivery: Delivery;
    readonly signal: AbortSignal;
  },
): Promise<string | null> {
  const { event, delivery, signal } = wanted;
  if (delivery.channel !== "email") return null;
  if (event.type === "UserRegistered") {
    const { verificationId } = event.data;
    if (verificationId === null) return null;
    // A welcome is worth sending without its link, where a newer request has replaced it.
    return (await runtime.contacts.mailedToken(verificationId, signal)) ?? null;
  }
  if (event.type !== "PasswordResetRequested" && event.type !== "EmailVerificationRequested") {
    return null;
  }
  const token = await runtime.contacts.mailedToken(event.data.requestId, signal);
  if (token === undefined) throw new MailTokenGoneError(event.data.requestId);
  return token;
}
