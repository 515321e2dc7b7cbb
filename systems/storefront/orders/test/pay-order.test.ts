/**
 * Goal: an order is paid once or not at all, whatever the provider does and wherever the process dies.
 * Method: the sandbox's test cards, and a provider that "kills the process" at each call in turn; then
 * the reconciler of another replica takes over on the same database.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  OrderUnknownError,
  PaymentDeclinedError,
  PaymentInProgressError,
  PaymentTooLateError,
} from "../errors.ts";
import { cancelOrder, shipOrder } from "../fulfil-order.ts";
import type { Order } from "../order.ts";
import { findOrder } from "../order-store.ts";
import { payOrder } from "../pay-order.ts";
import type { PaymentProvider, ProviderAnswer } from "../payment-provider.ts";
import { claimUnsettled, countUnsettled, listPayments } from "../payment-store.ts";
import { reconcilePayments } from "../reconcile-payments.ts";
import type { OrdersRuntime } from "../runtime.ts";
import type { testCards } from "../sandbox-payment-provider.ts";
import {
  cardOf,
  type OrdersFixture,
  openOrders,
  place,
  stocked,
  violations,
} from "./orders-fixture.ts";

let fixture: OrdersFixture;
beforeAll(async () => {
  fixture = await openOrders();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const signal = new AbortController().signal;

async function anOrder(): Promise<Order> {
  const product = await stocked(fixture.runtime, 5);
  return place(fixture.runtime, randomUUID(), [{ productId: product.id, quantity: 2 }]);
}

const pay = (
  order: Order,
  card: keyof typeof testCards,
  runtime: OrdersRuntime = fixture.runtime,
): ReturnType<typeof payOrder> =>
  payOrder(runtime, {
    orderId: order.id,
    userId: order.userId,
    card: cardOf(card),
    clientKey: undefined,
    signal,
  });

/** Runs the reconciler, as another replica would after the lease, until nothing is unsettled. */
async function settle(): Promise<void> {
  for (
    let round = 0;
    round < 10 && (await countUnsettled(fixture.runtime.database)) > 0;
    round += 1
  ) {
    fixture.time.offsetMs += fixture.runtime.config.paymentLeaseMs + 1;
    await reconcilePayments(fixture.runtime, signal);
  }
  expect(await countUnsettled(fixture.runtime.database)).toBe(0);
}

async function charges(order: Order): Promise<number> {
  const rows = await fixture.runtime.database.query<{ readonly count: number }>(
    `select count(*)::int as count from sandbox_entries join payments on payments.id = key
     where order_id = $1 and kind = 'charge'`,
    [order.id],
  );
  return rows[0]?.count ?? 0;
}

test("a good card pays the order in one go", async () => {
  const order = await anOrder();
  const { order: paid, payment } = await pay(order, "approved");
  expect(paid.status).toBe("paid");
  expect(payment).toMatchObject({ status: "captured", amountMinor: 2_000, cardLast4: "4242" });
  expect(await fixture.events.typesOf(`order/${order.id}`)).toEqual(["OrderPlaced", "OrderPaid"]);
  expect(await charges(order)).toBe(1);
});

test.for([
  ["declined", "card_declined"],
  ["insufficientFunds", "insufficient_funds"],
  ["wrongCvc", "incorrect_cvc"],
  ["refusedCapture", "capture_refused"],
] as const)("a card that is %s leaves the order to be paid by another", async ([card, reason]) => {
  const order = await anOrder();
  await expect(pay(order, card)).rejects.toMatchObject({
    code: "PAYMENT_DECLINED",
    detail: { reason },
  });
  expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe("placed");
  expect(await charges(order)).toBe(0);
  await pay(order, "approvedMastercard");
  expect(await charges(order)).toBe(1);
  expect(await fixture.events.typesOf(`order/${order.id}`)).toEqual([
    "OrderPlaced",
    "PaymentDeclined",
    "OrderPaid",
  ]);
});

test("a card that is no test card is declined by the sandbox", async () => {
  const order = await anOrder();
  const card = { ...cardOf("approved"), number: "4012888888881881" };
  const wanted = { orderId: order.id, userId: order.userId, card, clientKey: undefined, signal };
  await expect(payOrder(fixture.runtime, wanted)).rejects.toThrow(/not_a_test_card/);
});

test.for([
  ["silentAuthorization", "paid", 1],
  ["silentCapture", "paid", 1],
  ["lostAuthorization", "placed", 0],
] as const)(
  "PY2: %s: the reconciler finds out and the order is %s",
  async ([card, status, count]) => {
    const order = await anOrder();
    const { order: pending, payment } = await pay(order, card);
    expect(pending.status).toBe("paying");
    expect(["authorizing", "capturing"]).toContain(payment.status);
    await settle();
    expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe(status);
    expect(await charges(order)).toBe(count);
    expect(await violations(fixture.runtime)).toEqual([]);
  },
);

test("PY1: twenty payments at once charge once", async () => {
  const order = await anOrder();
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => pay(order, "approved")),
  );
  expect(results.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  expect(await charges(order)).toBe(1);
  expect(await violations(fixture.runtime)).toEqual([]);
});

test.for([
  ["approved", "paid"],
  ["silentCapture", "paid"],
  ["declined", "placed"],
] as const)(
  "IK2: a payment repeated under its key (%s) answers alike and moves nothing",
  async ([card, status]) => {
    const order = await anOrder();
    const wanted = {
      orderId: order.id,
      userId: order.userId,
      card: cardOf(card),
      clientKey: "attempt-1",
      signal,
    };
    const first = await payOrder(fixture.runtime, wanted).catch((error: unknown) => error);
    await settle();
    const again = await payOrder(fixture.runtime, wanted).catch((error: unknown) => error);
    if (status === "placed") expect(again).toEqual(first);
    else
      expect(again).toMatchObject({ order: { status: "paid" }, payment: { status: "captured" } });
    expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe(status);
    expect(await listPayments(fixture.runtime.database, order.id)).toHaveLength(1);
  },
);

test("PY1: the database itself refuses a second living payment", async () => {
  const order = await anOrder();
  await pay(order, "approved");
  await expect(
    fixture.runtime.database.execute(
      `insert into payments (id, order_id, status, amount_minor, currency, card_brand, card_last4,
         lease_until, created_at, updated_at)
       values ($1, $2, 'authorizing', 1, 'EUR', 'visa', '4242', now(), now(), now())`,
      [randomUUID(), order.id],
    ),
  ).rejects.toMatchObject({ detail: { constraint: "payments_one_live" } });
});

type Call = "authorize" | "find" | "capture" | "void" | "refund";

/** Dies at one call: before the provider has it, or after the provider has done it. */
class DyingProvider implements PaymentProvider {
  readonly #inner: PaymentProvider;
  readonly #call: Call;
  readonly #done: boolean;
  died = false;

  constructor(inner: PaymentProvider, call: Call, done: boolean) {
    this.#inner = inner;
    this.#call = call;
    this.#done = done;
  }

  authorize: PaymentProvider["authorize"] = (authorization, limit) =>
    this.#at("authorize", () => this.#inner.authorize(authorization, limit));
  capture: PaymentProvider["capture"] = (key, limit) =>
    this.#at("capture", () => this.#inner.capture(key, limit));
  void: PaymentProvider["void"] = (key, limit) =>
    this.#at("void", () => this.#inner.void(key, limit));
  refund: PaymentProvider["refund"] = (key, limit) =>
    this.#at("refund", () => this.#inner.refund(key, limit));
  find: PaymentProvider["find"] = (key, limit) =>
    this.#at("find", () => this.#inner.find(key, limit));

  async #at(call: Call, work: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
    if (call !== this.#call) return work();
    if (this.#done) await work();
    this.died = true;
    return new Promise<never>(() => undefined); // The process is gone: nothing after this happens.
  }
}

test.for([
  ["authorize", false, "placed", 0],
  ["authorize", true, "paid", 1],
  ["capture", false, "paid", 1],
  ["capture", true, "paid", 1],
] as const)(
  "PY2: killed at %s (done by the provider: %s): the order is %s with %i charge(s)",
  async ([call, done, status, count]) => {
    const order = await anOrder();
    const provider = new DyingProvider(fixture.runtime.provider, call, done);
    // The dead replica never gets as far as giving its lease back.
    const dead = fixture.with({ provider, config: { paymentTimeoutMs: 3_600_000 } });
    void pay(order, "approved", dead).catch(() => undefined);
    await expect.poll(() => provider.died).toBe(true);
    expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe("paying");
    // While the lease holds nobody takes over; the customer is told to wait.
    expect(await reconcilePayments(fixture.runtime, signal)).toBe(0);
    await expect(pay(order, "approved")).rejects.toThrow(PaymentInProgressError);
    await settle();
    expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe(status);
    if (status === "placed") await pay(order, "approved");
    expect(await charges(order)).toBe(Math.max(1, count));
    expect(await violations(fixture.runtime)).toEqual([]);
  },
);

test("PA2: an authorisation that arrives after it was given up moves no money", async () => {
  const order = await anOrder();
  let arrive: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const { provider } = fixture.runtime;
  let late: Promise<ProviderAnswer> | undefined;
  const slow = fixture.with({
    provider: {
      capture: (key, limit) => provider.capture(key, limit),
      void: (key, limit) => provider.void(key, limit),
      refund: (key, limit) => provider.refund(key, limit),
      find: (key, limit) => provider.find(key, limit),
      authorize: (authorization, limit) => {
        late = held.then(() => provider.authorize(authorization, limit));
        return late;
      },
    },
  });
  await pay(order, "approved", slow); // Times out while the request is still on its way.
  await settle();
  expect((await findOrder(fixture.runtime.database, order.id))?.status).toBe("placed");
  arrive?.();
  await expect(late).resolves.toEqual({ status: "voided" });
  await pay(order, "approved");
  expect(await charges(order)).toBe(1);
});

test("three reconcilers at once take each payment once", async () => {
  const orders = await Promise.all(Array.from({ length: 6 }, () => anOrder()));
  await Promise.all(orders.map((order) => pay(order, "silentAuthorization")));
  const claim = {
    nowMs: fixture.runtime.environment.clock.wallMs() + 1,
    leaseMs: 60_000,
    limit: 50,
  };
  const claimed = await Promise.all(
    [1, 2, 3].map(() => claimUnsettled(fixture.runtime.database, claim)),
  );
  const ids = claimed.flat().map((each) => each.id);
  expect(ids).toHaveLength(6);
  expect(new Set(ids).size).toBe(6);
  fixture.time.offsetMs += 120_000;
  await settle();
});

test("a cancelled paid order is refunded once, also if the process dies before the refund", async () => {
  const order = await anOrder();
  await pay(order, "approved");
  const provider = new DyingProvider(fixture.runtime.provider, "refund", true);
  const dead = fixture.with({ provider, config: { paymentTimeoutMs: 3_600_000 } });
  const principal = { userId: order.userId, role: "customer", sessionId: randomUUID() } as const;
  const wanted = { orderId: order.id, principal, reason: "too late", signal };
  void cancelOrder(dead, wanted).catch(() => undefined);
  await expect.poll(() => provider.died).toBe(true);
  await settle();
  const [payment] = await listPayments(fixture.runtime.database, order.id);
  expect(payment?.status).toBe("refunded");
  expect(await fixture.events.typesOf(`order/${order.id}`)).toEqual([
    "OrderPlaced",
    "OrderPaid",
    "OrderCancelled",
    "PaymentRefunded",
  ]);
  expect(await violations(fixture.runtime)).toEqual([]);
});

test("OR4: what is being paid can be neither cancelled nor shipped", async () => {
  const order = await anOrder();
  await pay(order, "silentAuthorization");
  const principal = { userId: order.userId, role: "customer", sessionId: randomUUID() } as const;
  const wanted = { orderId: order.id, principal, reason: "x", signal };
  await expect(cancelOrder(fixture.runtime, wanted)).rejects.toThrow(PaymentInProgressError);
  await expect(
    shipOrder(fixture.runtime, { orderId: order.id, carrier: "Post", trackingNumber: "1" }),
  ).rejects.toMatchObject({ code: "ORDER_ACTION_REFUSED" });
  await settle();
});

test("another customer's order cannot be paid, and is not known", async () => {
  const order = await anOrder();
  const wanted = {
    orderId: order.id,
    userId: randomUUID(),
    card: cardOf("approved"),
    clientKey: undefined,
    signal,
  };
  await expect(payOrder(fixture.runtime, wanted)).rejects.toThrow(OrderUnknownError);
});

test("after its time an order cannot be paid although nobody has expired it yet", async () => {
  const order = await anOrder();
  fixture.time.offsetMs += fixture.runtime.config.payWithinMs + 1;
  await expect(pay(order, "approved")).rejects.toThrow(PaymentTooLateError);
});

test("PY4: no card number is in any table", async () => {
  const tables = await fixture.runtime.database.query<{ readonly name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  for (const { name } of tables) {
    const rows = await fixture.runtime.database.query(
      `select to_jsonb(t)::text as row from ${name} t`,
    );
    expect(JSON.stringify(rows), name).not.toMatch(/4242424242424242|4000000000009995/);
  }
});

test("a decline is an error with the payment's id, for support", async () => {
  const order = await anOrder();
  const error = await pay(order, "declined").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PaymentDeclinedError);
});
