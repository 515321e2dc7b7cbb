import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ShopEvent, type ShopEventType, shopEventData } from "../../common/shop-events.ts";
import { renderHtml, renderText } from "../message.ts";
import { isTold, messageOf, templatesFor } from "../templates/library.ts";

const id = "7a0c3e9e-5a53-4b06-9a0a-0f5c9d8f3a11";
const order = { orderId: id, userId: id, number: "SF-100001" };
const money = { amountMinor: 3890, currency: "EUR" };
const lines = [{ sku: "MUG", name: "Mug <b>", quantity: 2, unitPriceMinor: 1945 }];

const examples: { readonly [Type in ShopEventType]: unknown } = {
  UserRegistered: { userId: id, verificationId: id },
  EmailVerificationRequested: { userId: id, requestId: id },
  EmailVerified: { userId: id },
  PasswordResetRequested: { userId: id, requestId: id },
  PasswordChanged: { userId: id, by: "owner" },
  SessionReuseDetected: { userId: id, sessionId: id },
  UserDeleted: { userId: id },
  OrderPlaced: { ...order, ...money, lines, payBefore: "2026-11-21T06:30:00.000Z" },
  OrderPaid: { ...order, ...money, paymentId: id, lines },
  PaymentDeclined: { ...order, ...money, paymentId: id, reason: "card_declined" },
  OrderShipped: { ...order, carrier: "Post", trackingNumber: "1Z" },
  OrderDelivered: order,
  OrderCancelled: { ...order, ...money, reason: "changed my mind", refunded: true },
  OrderExpired: order,
  PaymentRefunded: { ...order, ...money, paymentId: id },
};
const told = Object.entries(examples).filter(
  ([type]) => type !== "EmailVerified" && type !== "UserDeleted",
);
const context = { shopName: "Shop", shopUrl: "https://shop.test", token: "tok/en+1" };

test("every event type has data that its schema takes, and is told or silent on purpose", () => {
  for (const [type, data] of Object.entries(examples)) {
    shopEventData[type as ShopEventType].parse(data);
    const silent = type === "EmailVerified" || type === "UserDeleted";
    expect(isTold({ type, data } as ShopEvent), type).toBe(!silent);
  }
});

for (const locale of ["en", "de"]) {
  test.for(told)(`%s is told in ${locale}`, ([type, data]) => {
    const event = { type, data } as ShopEvent;
    if (!isTold(event)) throw new TypeError(type);
    const message = messageOf(event, locale, context);
    const templates = templatesFor(locale);
    const head = {
      ...context,
      locale,
      greeting: templates.greeting("Ada"),
      signature: templates.signature("Shop"),
    };
    for (const text of [renderText(message, head), renderHtml(message, head), message.summary]) {
      expect(text).not.toMatch(/undefined|null|NaN|\[object/);
    }
    expect(`${message.title} ${message.summary}`).not.toContain("tok/en"); // Only a mail carries it.
  });
}

test("the mailed token stands in the mail, and in its link as one parameter", () => {
  const event = {
    type: "PasswordResetRequested",
    data: examples.PasswordResetRequested,
  } as ShopEvent;
  if (!isTold(event)) throw new TypeError(event.type);
  const { blocks } = messageOf(event, "en", context);
  const link = blocks.find((block) => block.kind === "link");
  expect(new URL(link?.url ?? "").searchParams.get("token")).toBe("tok/en+1");
  expect(blocks.find((block) => block.kind === "code")?.code).toBe("tok/en+1");
});

test("TL1: no locale makes a message fail", () => {
  expect(templatesFor("de-AT").locale).toBe("de");
  expect(templatesFor("fr").locale).toBe("en");
  fc.assert(
    fc.property(fc.string(), (locale) => {
      expect(["en", "de"]).toContain(templatesFor(locale).locale);
    }),
  );
});
