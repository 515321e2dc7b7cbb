import * as fc from "fast-check";
import { expect, test } from "vitest";
import { attempt, type ThrottlePolicy, unthrottled } from "../throttle.ts";

const policy: ThrottlePolicy = { limit: 5, windowMs: 60_000, waitMs: 1_000, waitMsMax: 30_000 };

test("TH1 TH2: within one window few wrong attempts are looked at, at growing distances", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { minLength: 1, maxLength: 300 }), (pauses) => {
      let held = unthrottled;
      let nowMs = 1_000_000;
      const lookedAt: number[] = [];
      for (const pause of pauses) {
        nowMs += pause;
        const outcome = attempt(held, policy, nowMs);
        if (!outcome.allowed) {
          expect(outcome.retryAfterMs).toBeGreaterThan(0);
          continue;
        }
        held = outcome.next;
        lookedAt.push(nowMs);
      }
      // The n-th beyond the limit waits 1, 2, 4 … seconds after the one before.
      for (let index = policy.limit; index < lookedAt.length; index += 1) {
        const distanceMs = (lookedAt[index] ?? 0) - (lookedAt[index - 1] ?? 0);
        const wantedMs = Math.min(policy.waitMsMax, policy.waitMs * 2 ** (index - policy.limit));
        expect(distanceMs).toBeGreaterThanOrEqual(wantedMs);
      }
    }),
  );
});

test("after a window without an attempt the count starts anew", () => {
  let held = unthrottled;
  for (let index = 0; index < 5; index += 1) {
    const outcome = attempt(held, policy, 1_000_000 + index);
    if (outcome.allowed) held = outcome.next;
  }
  expect(attempt(held, policy, 1_000_010).allowed).toBe(false);
  const rested = attempt(held, policy, 1_000_004 + policy.windowMs);
  expect(rested.allowed && rested.next.attempts).toBe(1);
});
