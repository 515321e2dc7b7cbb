import * as fc from "fast-check";
import { expect, test } from "vitest";
import { OrderActionRefusedError } from "../errors.ts";
import {
  allowedActions,
  holdsStock,
  nextStatus,
  type OrderAction,
  type OrderStatus,
  orderActions,
  orderStatuses,
  orderTransitions,
} from "../order.ts";

/** The table, written out once more by hand: a change of one must be a change of both. */
const expected: Record<OrderStatus, Partial<Record<OrderAction, OrderStatus>>> = {
  placed: { pay: "paying", cancel: "cancelled", expire: "expired" },
  paying: { paymentCaptured: "paid", paymentFailed: "placed" },
  paid: { ship: "shipped", cancel: "cancelled" },
  shipped: { deliver: "delivered" },
  delivered: {},
  cancelled: {},
  expired: {},
};

test("OR1: every state answers every action, as the table says", () => {
  for (const status of orderStatuses) {
    for (const action of orderActions) {
      expect(orderTransitions[status][action], `${status} ${action}`).toBe(
        expected[status][action] ?? null,
      );
    }
  }
});

test("OR1: a refusal names what is allowed instead", () => {
  expect(() => nextStatus("paid", "pay")).toThrow(
    new OrderActionRefusedError("pay", "paid", ["ship", "cancel"]),
  );
});

test("OR3 OR4: final states are final; while money may move, nothing ends the order", () => {
  for (const status of ["delivered", "cancelled", "expired"] as const) {
    expect(Object.values(orderTransitions[status]).every((next) => next === null)).toBe(true);
  }
  expect(orderTransitions.paying.cancel).toBeNull();
  expect(orderTransitions.paying.expire).toBeNull();
  expect(allowedActions("paying")).toEqual([]);
});

test("OR2: along any history stock is let go of or taken away exactly once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...orderActions), { maxLength: 40 }), (history) => {
      let status: OrderStatus = "placed";
      let endings = 0;
      for (const action of history) {
        const next: OrderStatus | null = orderTransitions[status][action];
        if (next === null) continue;
        if (holdsStock(status) && !holdsStock(next)) endings += 1;
        expect(!holdsStock(status) && holdsStock(next), "stock never comes back").toBe(false);
        status = next;
      }
      expect(endings).toBe(holdsStock(status) ? 0 : 1);
    }),
  );
});
