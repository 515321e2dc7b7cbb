/**
 * What the storefront's services tell each other: every event's type and the shape of its data.
 *
 * Producers build events with {@link shopEvent}; the consumer reads them with
 * {@link parseShopEvent}. Data may gain optional fields; it never loses or renames one.
 *
 * - SE1  An event's key is made of what happened, not of when it was written, so that writing it
 *        twice gives the same key.
 * - SE2  No event holds a credential, a card, or a mail address: events are kept for days.
 *
 * @module
 */
import * as z from "zod";

interface AboutUser {
  readonly userId: string;
}

interface AboutOrder extends AboutUser {
  readonly orderId: string;
  /** What people say on the telephone. */
  readonly number: string;
}

interface Amount {
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

interface WithLines {
  /** At least one. */
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitPriceMinor: number;
  }[];
}

interface WithPayment {
  readonly paymentId: string;
}

/** Data by event type. Times are ISO 8601 in UTC. */
export interface ShopEventDataByType {
  /** `verificationId` names the mailed token that proves the address. */
  readonly UserRegistered: AboutUser & { readonly verificationId: string | null };
  readonly EmailVerificationRequested: AboutUser & { readonly requestId: string };
  readonly EmailVerified: AboutUser;
  readonly PasswordResetRequested: AboutUser & { readonly requestId: string };
  readonly PasswordChanged: AboutUser & { readonly by: "owner" | "reset" };
  readonly SessionReuseDetected: AboutUser & { readonly sessionId: string };
  readonly UserDeleted: AboutUser;
  readonly OrderPlaced: AboutOrder & Amount & WithLines & { readonly payBefore: string };
  readonly OrderPaid: AboutOrder & Amount & WithLines & WithPayment;
  readonly PaymentDeclined: AboutOrder & Amount & WithPayment & { readonly reason: string };
  readonly OrderShipped: AboutOrder & {
    readonly carrier: string;
    readonly trackingNumber: string;
  };
  readonly OrderDelivered: AboutOrder;
  readonly OrderCancelled: AboutOrder &
    Amount & { readonly reason: string; readonly refunded: boolean };
  readonly OrderExpired: AboutOrder;
  readonly PaymentRefunded: AboutOrder & Amount & WithPayment;
}

export type ShopEventType = keyof ShopEventDataByType;
export type ShopEventData<Type extends ShopEventType> = ShopEventDataByType[Type];

const id = z.uuid();
const money = { amountMinor: z.int().min(0), currency: z.string().length(3) };
const order = { orderId: id, userId: id, number: z.string() };
const line = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int().positive(),
  unitPriceMinor: z.int().min(0),
});
const lines = z.array(line).min(1);

/** What a consumer accepts, by event type. */
export const shopEventData: {
  readonly [Type in ShopEventType]: z.ZodType<ShopEventDataByType[Type]>;
} = {
  UserRegistered: z.object({ userId: id, verificationId: id.nullable() }),
  EmailVerificationRequested: z.object({ userId: id, requestId: id }),
  EmailVerified: z.object({ userId: id }),
  PasswordResetRequested: z.object({ userId: id, requestId: id }),
  PasswordChanged: z.object({ userId: id, by: z.enum(["owner", "reset"]) }),
  SessionReuseDetected: z.object({ userId: id, sessionId: id }),
  UserDeleted: z.object({ userId: id }),
  OrderPlaced: z.object({ ...order, ...money, lines, payBefore: z.iso.datetime() }),
  OrderPaid: z.object({ ...order, ...money, lines, paymentId: id }),
  PaymentDeclined: z.object({ ...order, ...money, paymentId: id, reason: z.string() }),
  OrderShipped: z.object({ ...order, carrier: z.string(), trackingNumber: z.string() }),
  OrderDelivered: z.object(order),
  OrderCancelled: z.object({ ...order, ...money, reason: z.string(), refunded: z.boolean() }),
  OrderExpired: z.object(order),
  PaymentRefunded: z.object({ ...order, ...money, paymentId: id }),
};

/** One event with its type and data in step. */
export type ShopEvent = {
  readonly [Type in ShopEventType]: {
    readonly type: Type;
    readonly data: ShopEventData<Type>;
  };
}[ShopEventType];

/** What a producer appends to its outbox. */
export interface ShopEventDraft {
  readonly key: string;
  readonly type: ShopEventType;
  /** Events of one subject keep their order. */
  readonly subject: string;
  readonly data: object;
}

/**
 * An event about `subject` (for example `order/<id>`). `occasion` tells two events of one type and
 * subject apart (SE1): a payment's id, a request's id; empty where the type can happen only once.
 */
export function shopEvent<Type extends ShopEventType>(
  type: Type,
  subject: string,
  options: { readonly occasion?: string; readonly data: ShopEventData<Type> },
): ShopEventDraft {
  const occasion = options.occasion === undefined ? "" : `/${options.occasion}`;
  return { key: `${subject}/${type}${occasion}`, type, subject, data: options.data };
}

/** The typed event, or undefined for a type that the storefront does not know. */
export function parseShopEvent(type: string, data: unknown): ShopEvent | undefined {
  if (!Object.hasOwn(shopEventData, type)) return undefined;
  const known = type as ShopEventType;
  return { type: known, data: shopEventData[known].parse(data) } as ShopEvent;
}
