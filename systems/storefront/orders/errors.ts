/**
 * Refusals and faults of the orders service.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { HttpError } from "@ashlar/service";

type Nothing = Record<never, never>;

/** Thrown for a product id that names nothing, or a product no longer sold. */
export class ProductUnknownError extends HttpError<
  "PRODUCT_UNKNOWN",
  { readonly productIds: readonly string[] }
> {
  constructor(productIds: readonly string[], status: 404 | 422 = 404) {
    super("PRODUCT_UNKNOWN", {
      status,
      message: `there is no such product: ${productIds.join(", ")}`,
      detail: { productIds },
    });
  }
}

/** Thrown when another product already has this SKU. Choose another, or change that product. */
export class SkuTakenError extends HttpError<"SKU_TAKEN", { readonly sku: string }> {
  constructor(sku: string) {
    super("SKU_TAKEN", {
      status: 409,
      message: `another product has the SKU ${sku}`,
      detail: { sku },
    });
  }
}

/** Thrown when a product that orders or stock refer to would be deleted. Set `active: false`. */
export class ProductInUseError extends HttpError<"PRODUCT_IN_USE", Nothing> {
  constructor() {
    super("PRODUCT_IN_USE", {
      status: 409,
      message: "orders or stock refer to this product: set active to false instead",
      detail: {},
    });
  }
}

/** What one product lacks. */
export interface Shortage {
  readonly productId: string;
  readonly wanted: number;
  readonly available: number;
}

/** Thrown when a product has less free stock than wanted. Nothing was reserved. Order less. */
export class StockShortError extends HttpError<
  "STOCK_SHORT",
  { readonly shortages: readonly Shortage[] }
> {
  constructor(shortages: readonly Shortage[]) {
    const text = shortages.map((each) => `${each.productId}: ${each.available} of ${each.wanted}`);
    super("STOCK_SHORT", {
      status: 409,
      message: `not enough in stock (${text.join("; ")})`,
      detail: { shortages },
    });
  }
}

/** Thrown when stock would leave the range that is kept (0 to two thousand million). */
export class StockRangeError extends HttpError<"STOCK_RANGE", { readonly available: number }> {
  constructor(available: number) {
    super("STOCK_RANGE", {
      status: 409,
      message: `${available} pieces are free: the change would leave fewer than none, or too many`,
      detail: { available },
    });
  }
}

/** Thrown for an order with products of different currencies. Place one order a currency. */
export class CurrenciesMixedError extends HttpError<
  "CURRENCIES_MIXED",
  { readonly currencies: readonly string[] }
> {
  constructor(currencies: readonly string[]) {
    super("CURRENCIES_MIXED", {
      status: 422,
      message: `one order has one currency, not ${currencies.join(" and ")}`,
      detail: { currencies },
    });
  }
}

/** Thrown when an order's total is beyond what can be charged at once. Split the order. */
export class OrderTooLargeError extends HttpError<
  "ORDER_TOO_LARGE",
  { readonly totalMinorMax: number }
> {
  constructor(totalMinorMax: number) {
    super("ORDER_TOO_LARGE", {
      status: 422,
      message: `an order's total is at most ${totalMinorMax} minor units`,
      detail: { totalMinorMax },
    });
  }
}

/** Thrown for an order id that names nothing, or another customer's order. */
export class OrderUnknownError extends HttpError<"ORDER_UNKNOWN", Nothing> {
  constructor() {
    super("ORDER_UNKNOWN", { status: 404, message: "there is no such order", detail: {} });
  }
}

/** Thrown when one Idempotency-Key names two different requests. Make a new key for a new request. */
export class IdempotencyKeyReusedError extends HttpError<"IDEMPOTENCY_KEY_REUSED", Nothing> {
  constructor() {
    super("IDEMPOTENCY_KEY_REUSED", {
      status: 422,
      message: "this Idempotency-Key came with another request before: make a new one",
      detail: {},
    });
  }
}

/** Thrown for an action that the order's state does not allow; `allowed` names what it does. */
export class OrderActionRefusedError extends HttpError<
  "ORDER_ACTION_REFUSED",
  { readonly action: string; readonly orderStatus: string; readonly allowed: readonly string[] }
> {
  constructor(action: string, orderStatus: string, allowed: readonly string[]) {
    const instead = allowed.length === 0 ? "nothing more" : allowed.join(", ");
    super("ORDER_ACTION_REFUSED", {
      status: 409,
      message: `an order that is ${orderStatus} does not allow "${action}"; it allows ${instead}`,
      detail: { action, orderStatus, allowed },
    });
  }
}

/** Thrown when the time to pay has passed although the order is not expired yet. Order again. */
export class PaymentTooLateError extends HttpError<"PAYMENT_TOO_LATE", Nothing> {
  constructor() {
    super("PAYMENT_TOO_LATE", {
      status: 409,
      message: "the time to pay this order has passed: order again",
      detail: {},
    });
  }
}

/** Thrown when the provider declined the card. The order waits for another card. */
export class PaymentDeclinedError extends HttpError<
  "PAYMENT_DECLINED",
  { readonly reason: string; readonly paymentId: string }
> {
  constructor(reason: string, paymentId: string) {
    super("PAYMENT_DECLINED", {
      status: 422,
      message: `the payment was declined (${reason}): nothing was charged; try another card`,
      detail: { reason, paymentId },
    });
  }
}

/** Thrown for a card whose digits do not fit together or whose last month has passed. */
export class CardInvalidError extends HttpError<"CARD_INVALID", { readonly reason: string }> {
  constructor(reason: string) {
    super("CARD_INVALID", {
      status: 422,
      message: `this card ${reason}`,
      detail: { reason },
    });
  }
}

/** Thrown when another payment of the same order is under way. Read the order until it settles. */
export class PaymentInProgressError extends HttpError<"PAYMENT_IN_PROGRESS", Nothing> {
  constructor() {
    super("PAYMENT_IN_PROGRESS", {
      status: 409,
      message: "a payment for this order is under way: read the order until it has settled",
      detail: {},
      headers: { "retry-after": "1" },
    });
  }
}

/**
 * Thrown by a provider's adapter when a call had no answer, so that nobody knows whether it was
 * done. The reconciler asks again; a client sees the order in `paying` meanwhile.
 */
export class PaymentProviderError extends CodedError<
  "PAYMENT_TIMEOUT",
  { readonly call: string; readonly key: string }
> {
  constructor(call: string, key: string, options?: ErrorOptions) {
    super(
      "PAYMENT_TIMEOUT",
      `the payment provider did not answer "${call}"`,
      { call, key },
      options,
    );
  }
}
