/**
 * Goal: stock is never negative, never lost and never invented, whoever orders what at the same time.
 * Method: many concurrent transactions on a real PostgreSQL, then the books are balanced in SQL.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeStock } from "../catalogue.ts";
import { StockRangeError, StockShortError } from "../errors.ts";
import { cancelOrder, expireOrders } from "../fulfil-order.ts";
import { findProduct } from "../product-store.ts";
import { type OrdersFixture, openOrders, place, stocked, violations } from "./orders-fixture.ts";

let fixture: OrdersFixture;
beforeAll(async () => {
  fixture = await openOrders();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const signal = new AbortController().signal;

test("ST1: of a hundred orders for the last ten pieces, ten are placed", async () => {
  const { runtime } = fixture;
  const product = await stocked(runtime, 10);
  const items = [{ productId: product.id, quantity: 1 }];
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => place(runtime, randomUUID(), items)),
  );
  const refused = results.filter((each) => each.status === "rejected");
  expect(results.length - refused.length).toBe(10);
  for (const each of refused) expect(each.reason).toBeInstanceOf(StockShortError);
  const after = await findProduct(runtime.database, product.id);
  expect(after).toMatchObject({ available: 0, reserved: 10 });
  expect(await violations(runtime)).toEqual([]);
});

test("ST4: orders for common products in any order never deadlock", async () => {
  const { runtime } = fixture;
  const products = await Promise.all(Array.from({ length: 5 }, () => stocked(runtime, 1_000)));
  const shuffled = (seed: number): { productId: string; quantity: number }[] =>
    products
      .map((each, index) => ({ productId: each.id, quantity: 1, at: (index * 7 + seed * 3) % 5 }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ productId, quantity }) => ({ productId, quantity }));
  const results = await Promise.all(
    Array.from({ length: 60 }, (_each, seed) => place(runtime, randomUUID(), shuffled(seed))),
  );
  expect(results).toHaveLength(60);
  for (const { id } of products) {
    expect(await findProduct(runtime.database, id)).toMatchObject({ available: 940, reserved: 60 });
  }
  expect(await violations(runtime)).toEqual([]);
});

test("ST1: one short product refuses the whole order and reserves nothing", async () => {
  const { runtime } = fixture;
  const [plenty, scarce] = [await stocked(runtime, 100), await stocked(runtime, 1)];
  const items = [
    { productId: plenty.id, quantity: 5 },
    { productId: scarce.id, quantity: 2 },
  ];
  await expect(place(runtime, randomUUID(), items)).rejects.toMatchObject({
    code: "STOCK_SHORT",
    detail: { shortages: [{ productId: scarce.id, wanted: 2, available: 1 }] },
  });
  expect(await findProduct(runtime.database, plenty.id)).toMatchObject({ available: 100 });
});

test("ST3 FO2: an order cancelled twenty times at once gives its stock back once", async () => {
  const { runtime } = fixture;
  const product = await stocked(runtime, 8);
  const userId = randomUUID();
  const order = await place(runtime, userId, [{ productId: product.id, quantity: 8 }]);
  const principal = { userId, role: "customer", sessionId: randomUUID() } as const;
  const wanted = { orderId: order.id, principal, reason: "changed my mind", signal };
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => cancelOrder(runtime, wanted)),
  );
  expect(results.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  expect(await findProduct(runtime.database, product.id)).toMatchObject({
    available: 8,
    reserved: 0,
  });
  expect(await fixture.events.typesOf(`order/${order.id}`)).toEqual([
    "OrderPlaced",
    "OrderCancelled",
  ]);
});

test("FO1: unpaid orders expire once, release their stock, and are told", async () => {
  const { runtime, time } = fixture;
  const product = await stocked(runtime, 30);
  const items = [{ productId: product.id, quantity: 3 }];
  const orders = await Promise.all(
    Array.from({ length: 10 }, () => place(runtime, randomUUID(), items)),
  );
  expect(await findProduct(runtime.database, product.id)).toMatchObject({ available: 0 });
  time.offsetMs += runtime.config.payWithinMs + 1;
  // Three replicas look at the same time.
  await Promise.all([1, 2, 3].map(() => expireOrders(runtime, 1_000)));
  expect(await findProduct(runtime.database, product.id)).toMatchObject({
    available: 30,
    reserved: 0,
  });
  for (const order of orders) {
    expect(await fixture.events.typesOf(`order/${order.id}`)).toEqual([
      "OrderPlaced",
      "OrderExpired",
    ]);
  }
  expect(await violations(runtime)).toEqual([]);
});

test("a correction takes free pieces only, never promised ones", async () => {
  const { runtime } = fixture;
  const product = await stocked(runtime, 10);
  await place(runtime, randomUUID(), [{ productId: product.id, quantity: 6 }]);
  await expect(changeStock(runtime, { id: product.id, by: -5 })).rejects.toThrow(StockRangeError);
  await expect(changeStock(runtime, { id: product.id, by: -4 })).resolves.toMatchObject({
    available: 0,
    reserved: 6,
  });
  await expect(changeStock(runtime, { id: product.id, by: 2_000_000_000 })).rejects.toThrow(
    StockRangeError,
  );
});

test("ST1: the database itself refuses a negative stock", async () => {
  const { runtime } = fixture;
  const product = await stocked(runtime, 1);
  await expect(
    runtime.database.execute("update stock set available = -1 where product_id = $1", [product.id]),
  ).rejects.toMatchObject({ code: "POSTGRES_CONSTRAINT" });
});
