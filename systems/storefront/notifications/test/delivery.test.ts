import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Attempt, afterAttempt } from "../delivery.ts";
import { addressesFor, defaultPreferences } from "../preferences.ts";
import { messageIdOf } from "../take-event.ts";

const policy = { attemptsMax: 8, backoff: { initialMs: 1_000, maxMs: 60_000 } };
const failed = (forGood: boolean): Attempt => ({ kind: "failed", error: "no", forGood });

test("NT4: a delivery is tried at most attemptsMax times and then waits for staff", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (fraction) => {
      let attempts = 1;
      let after = afterAttempt(attempts, failed(false), { policy, fraction });
      while (after.status === "pending") {
        expect(after.waitMs).toBeGreaterThan(0);
        expect(after.waitMs).toBeLessThanOrEqual(policy.backoff.maxMs);
        attempts += 1;
        after = afterAttempt(attempts, failed(false), { policy, fraction });
      }
      expect(after.status).toBe("dead");
      expect(attempts).toBe(policy.attemptsMax);
    }),
  );
});

test("NT4: a refusal for good is not tried again; a success ends it", () => {
  expect(afterAttempt(1, failed(true), { policy, fraction: 0 }).status).toBe("dead");
  expect(afterAttempt(8, { kind: "sent" }, { policy, fraction: 0 })).toEqual({ status: "sent" });
});

test("NT3: the message id depends on the event and the channel alone", () => {
  const one = messageIdOf("order/1/OrderPaid", "email", "shop@example.com");
  expect(one).toMatch(/^<[A-Za-z0-9_-]{43}@example\.com>$/);
  expect(messageIdOf("order/1/OrderPaid", "email", "shop@example.com")).toBe(one);
  expect(messageIdOf("order/1/OrderPaid", "sms", "shop@example.com")).not.toBe(one);
  expect(messageIdOf("order/2/OrderPaid", "email", "shop@example.com")).not.toBe(one);
});

const contact = { userId: "u", name: "Ada", email: "a@b.c", phone: null, locale: "en" };

test("PF1: safety mail goes out whatever the preferences say; other mail does not", () => {
  const silent = { ...defaultPreferences, email: false };
  expect(addressesFor("PasswordChanged", contact, silent)).toEqual([
    { channel: "email", address: "a@b.c" },
  ]);
  expect(addressesFor("OrderPaid", contact, silent)).toEqual([]);
});

test("a channel without an address is left out", () => {
  const all = { email: true, sms: true, push: true, pushToken: "t", version: 1 };
  expect(addressesFor("OrderPaid", contact, all).map((each) => each.channel)).toEqual([
    "email",
    "push",
  ]);
  const reachable = { ...contact, phone: "+491234567" };
  expect(addressesFor("OrderPaid", reachable, all)).toHaveLength(3);
});
