/**
 * Refusals and faults of the notifications service.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { HttpError } from "@ashlar/service";

type Nothing = Record<never, never>;

/** Thrown for a notification id that is not one of the caller's. */
export class NotificationUnknownError extends HttpError<"NOTIFICATION_UNKNOWN", Nothing> {
  constructor() {
    super("NOTIFICATION_UNKNOWN", {
      status: 404,
      message: "you have no such notification",
      detail: {},
    });
  }
}

/** Thrown for a delivery id that names nothing. */
export class DeliveryUnknownError extends HttpError<"DELIVERY_UNKNOWN", Nothing> {
  constructor() {
    super("DELIVERY_UNKNOWN", {
      status: 404,
      message: "there is no such delivery",
      detail: {},
    });
  }
}

/** Thrown when a delivery that is not a dead letter would be replayed. It goes on by itself. */
export class DeliveryNotDeadError extends HttpError<
  "DELIVERY_NOT_DEAD",
  { readonly deliveryStatus: string }
> {
  constructor(deliveryStatus: string) {
    super("DELIVERY_NOT_DEAD", {
      status: 409,
      message: `only a dead letter can be replayed; this delivery is ${deliveryStatus}`,
      detail: { deliveryStatus },
    });
  }
}

/** Thrown when push is switched on without a device's token. Send `pushToken` as well. */
export class PushTokenMissingError extends HttpError<"PUSH_TOKEN_MISSING", Nothing> {
  constructor() {
    super("PUSH_TOKEN_MISSING", {
      status: 422,
      message: "push needs a pushToken: the one that the device got from its maker",
      detail: {},
    });
  }
}

/**
 * Thrown by a channel whose provider refused this message for good: a mailbox that does not exist, a
 * number that is none. Not retried; the delivery becomes a dead letter.
 */
export class MessageRefusedError extends CodedError<
  "MESSAGE_REFUSED",
  { readonly channel: string; readonly reason: string }
> {
  constructor(channel: string, reason: string, options?: ErrorOptions) {
    super(
      "MESSAGE_REFUSED",
      `${channel} refused the message: ${reason}`,
      { channel, reason },
      options,
    );
  }
}

/**
 * Thrown by a channel whose provider could not take the message now, or did not answer. Retried with
 * back-off and the same message id.
 */
export class MessageUndeliveredError extends CodedError<
  "MESSAGE_UNDELIVERED",
  { readonly channel: string; readonly reason: string }
> {
  constructor(channel: string, reason: string, options?: ErrorOptions) {
    super(
      "MESSAGE_UNDELIVERED",
      `${channel} did not take the message: ${reason}`,
      { channel, reason },
      options,
    );
  }
}

/** Thrown when users does not tell an address now. The event or the delivery is tried again. */
export class ContactUnavailableError extends CodedError<
  "CONTACT_UNAVAILABLE",
  { readonly reason: string }
> {
  constructor(reason: string, options?: ErrorOptions) {
    super("CONTACT_UNAVAILABLE", `users did not answer: ${reason}`, { reason }, options);
  }
}

/** Thrown when the token that a mail must carry has expired or been used. Nothing is sent. */
export class MailTokenGoneError extends CodedError<
  "MAIL_TOKEN_GONE",
  { readonly requestId: string }
> {
  constructor(requestId: string) {
    super("MAIL_TOKEN_GONE", `the token of request ${requestId} has expired or was used`, {
      requestId,
    });
  }
}
