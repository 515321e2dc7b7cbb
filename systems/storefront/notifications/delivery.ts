/**
 * One message by one channel, and what becomes of it after each attempt.
 *
 * - NT2  A notification goes out by each channel in one delivery.
 * - NT3  A delivery that was recorded as `sent` is never sent again. One whose attempt was cut off
 *        between the provider's answer and the record (a killed process) is sent again with the same
 *        message id, the same date and the same text: the receiver can drop the copy, and the local
 *        mailbox and the sandbox providers do.
 * - NT4  After `attemptsMax` failures, or a refusal for good, it is `dead` and waits for staff; it is
 *        neither lost nor tried again by itself.
 *
 * @module
 */
import { type Backoff, backoffMs } from "@ashlar/foundation";
import type { ShopEventType } from "../common/shop-events.ts";
import type { ChannelName } from "./channel.ts";

export const deliveryStatuses = ["pending", "sending", "sent", "dead"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export interface Delivery {
  readonly id: string;
  readonly notificationId: string;
  readonly userId: string;
  readonly channel: ChannelName;
  readonly messageId: string;
  readonly address: string;
  readonly locale: string;
  readonly type: ShopEventType;
  readonly data: unknown;
  readonly status: DeliveryStatus;
  /** Attempts begun. */
  readonly attempts: number;
  readonly nextAttemptAtMs: number;
  readonly lastError: string | null;
  readonly createdAtMs: number;
  readonly sentAtMs: number | null;
  readonly traceparent: string | null;
}

/** What one attempt came to. */
export type Attempt =
  | { readonly kind: "sent" }
  | { readonly kind: "failed"; readonly error: string; readonly forGood: boolean };

export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly backoff: Backoff;
}

export type AfterAttempt =
  | { readonly status: "sent" }
  | { readonly status: "dead"; readonly error: string }
  | { readonly status: "pending"; readonly error: string; readonly waitMs: number };

/** What follows attempt number `attempts`; `fraction` is a random number in `[0, 1)`. */
export function afterAttempt(
  attempts: number,
  attempt: Attempt,
  retry: { readonly policy: RetryPolicy; readonly fraction: number },
): AfterAttempt {
  if (attempt.kind === "sent") return { status: "sent" };
  const { error } = attempt;
  if (attempt.forGood || attempts >= retry.policy.attemptsMax) return { status: "dead", error };
  const waitMs = backoffMs(retry.policy.backoff, attempts, retry.fraction);
  return { status: "pending", error, waitMs };
}
