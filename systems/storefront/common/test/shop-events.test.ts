import { expect, test } from "vitest";
import { parseShopEvent, shopEvent, shopEventData } from "../shop-events.ts";

const userId = "7a0c3e9e-5a53-4b06-9a0a-0f5c9d8f3a11";
const requestId = "0c2c1f3e-97f5-4a7c-8a39-5a0c38f4f0b2";

test("SE1: the same happening has the same key; two of a kind are told apart by their occasion", () => {
  const deleted = shopEvent("UserDeleted", `user/${userId}`, { data: { userId } });
  expect(deleted.key).toBe(`user/${userId}/UserDeleted`);
  expect(shopEvent("UserDeleted", `user/${userId}`, { data: { userId } }).key).toBe(deleted.key);
  const asked = (occasion: string): string =>
    shopEvent("PasswordResetRequested", `user/${userId}`, {
      occasion,
      data: { userId, requestId: occasion },
    }).key;
  expect(asked(requestId)).not.toBe(asked(userId));
  expect(asked(requestId).length).toBeLessThanOrEqual(200);
});

test("an unknown type is passed over, known types are read strictly enough to be used", () => {
  expect(parseShopEvent("SomethingNew", {})).toBeUndefined();
  expect(parseShopEvent("toString", {})).toBeUndefined();
  expect(() => parseShopEvent("UserDeleted", { userId: 7 })).toThrow();
  // A newer producer may add fields.
  expect(shopEventData.UserDeleted.parse({ userId, why: "asked" })).toEqual({ userId });
});
