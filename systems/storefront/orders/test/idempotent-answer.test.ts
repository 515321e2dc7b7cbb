import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { IdempotencyKeyReusedError, StockShortError } from "../errors.ts";
import { answerOnce } from "../idempotent-answer.ts";
import { placeOrder } from "../place-order.ts";
import { findProduct } from "../product-store.ts";
import { type OrdersFixture, openOrders, stocked, violations } from "./orders-fixture.ts";

let fixture: OrdersFixture;
beforeAll(async () => {
  fixture = await openOrders();
});
afterAll(() => fixture[Symbol.asyncDispose]());

function placeNamed(
  userId: string,
  key: string,
  items: { productId: string; quantity: number }[],
): Promise<{ id: string }> {
  const { runtime } = fixture;
  const named = { userId, key, request: items, answer: z.object({ id: z.string() }) };
  return runtime.database.transaction((tx) =>
    answerOnce(runtime, tx, named, async () => {
      const { id } = await placeOrder(runtime, tx, { userId, items });
      return { id };
    }),
  );
}

test("IK1: twenty requests at once under one key place one order and all hear of it", async () => {
  const product = await stocked(fixture.runtime, 100);
  const userId = randomUUID();
  const items = [{ productId: product.id, quantity: 3 }];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => placeNamed(userId, "k", items)),
  );
  expect(new Set(answers.map((each) => each.id)).size).toBe(1);
  expect(await findProduct(fixture.runtime.database, product.id)).toMatchObject({ reserved: 3 });
  expect(await violations(fixture.runtime)).toEqual([]);
});

test("IK3: the same key with another request is refused", async () => {
  const product = await stocked(fixture.runtime, 100);
  const userId = randomUUID();
  await placeNamed(userId, "k", [{ productId: product.id, quantity: 1 }]);
  await expect(placeNamed(userId, "k", [{ productId: product.id, quantity: 2 }])).rejects.toThrow(
    IdempotencyKeyReusedError,
  );
});

test("a key belongs to its user; a refused request does not use it up", async () => {
  const product = await stocked(fixture.runtime, 1);
  const items = [{ productId: product.id, quantity: 1 }];
  const [first, second] = [randomUUID(), randomUUID()];
  await placeNamed(first, "k", items);
  await expect(placeNamed(second, "k", items)).rejects.toThrow(StockShortError);
  const { adjust } = await import("../inventory.ts");
  await fixture.runtime.database.transaction((tx) =>
    adjust(tx, { productId: product.id, by: 1, nowMs: Date.now() }),
  );
  await expect(placeNamed(second, "k", items)).resolves.toBeDefined();
});
