import { silentLog } from "@ashlar/foundation";
import { MemoryRateLimitStore, type RateLimitStore } from "@ashlar/gateway";
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { limitsAt, RateLimiter } from "../src/rate-limiter.ts";
import { echo, gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

test("RL1, RL3: under any schedule and any number of gateways, no window holds more than the limit", () => {
  const schedule = fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    windowMs: fc.integer({ min: 1, max: 2_000 }),
    gateways: fc.integer({ min: 1, max: 4 }),
    steps: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 150 }),
  });
  fc.assert(
    fc.property(schedule, ({ limit, windowMs, gateways, steps }) => {
      let nowMs = 1_800_000_000_000;
      const store = new MemoryRateLimitStore({ wallMs: () => nowMs });
      const limiters = Array.from({ length: gateways }, () => limiterOver(store));
      const admitted: number[] = [];
      const slotMs = Math.max(1, Math.ceil(windowMs / 32));
      for (const [i, step] of steps.entries()) {
        nowMs += step;
        const route = routePlan({
          path: "/x",
          rateLimits: [{ by: "route", requests: limit, windowMs }],
        });
        const limiter = limiters[i % gateways] as RateLimiter;
        const verdict = limiter.take(route, route.rateLimits, { ip: "::1", consumer: undefined });
        expect(verdict).not.toBeInstanceOf(Promise);
        const isAdmitted = (verdict as { problem: unknown }).problem === undefined;
        const recent = admitted.filter((each) => each >= nowMs - windowMs - 2 * slotMs).length;
        if (isAdmitted) admitted.push(nowMs);
        if (recent < limit) expect(isAdmitted, "RL3").toBe(true);
      }
      for (const [i, time] of admitted.entries()) {
        const beyond = admitted[i + limit];
        expect(beyond === undefined || beyond - time > windowMs, `from ${time}`).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

function limiterOver(shared: RateLimitStore | undefined, changes: object = {}): RateLimiter {
  const clock = new SimulatedClock();
  return new RateLimiter({
    clock,
    log: silentLog,
    shared: undefined,
    local: shared ?? new MemoryRateLimitStore(clock),
    onStoreFailure: () => undefined,
    namespace: "test",
    ...changes,
  });
}

test("GL3: without its store a gateway limits by its own count, says so, and comes back", async () => {
  const clock = new SimulatedClock();
  let failures = 0;
  let mode: "works" | "fails" | "hangs" = "works";
  const inner = new MemoryRateLimitStore(clock);
  const shared: RateLimitStore = {
    take: (checks) => {
      if (mode === "fails") return Promise.reject(new TypeError("connection lost"));
      return mode === "hangs" ? new Promise(() => undefined) : Promise.resolve(inner.take(checks));
    },
  };
  const limiter = limiterOver(undefined, { clock, shared, onStoreFailure: () => (failures += 1) });
  const route = routePlan({
    path: "/x",
    rateLimits: [{ by: "ip", requests: 2, windowMs: 60_000 }],
  });
  const isAllowed = async (): Promise<boolean> => {
    const verdict = limiter.take(route, route.rateLimits, { ip: "::1", consumer: undefined });
    if (mode === "hangs") {
      await clock.untilSleeping();
      await clock.advance(250);
    }
    return (await verdict).problem === undefined;
  };
  expect([await isAllowed(), await isAllowed(), await isAllowed()]).toEqual([true, true, false]);
  mode = "fails";
  expect([await isAllowed(), await isAllowed(), await isAllowed()]).toEqual([true, true, false]);
  expect(failures).toBe(3);
  mode = "hangs";
  await clock.advance(1_000);
  expect(await isAllowed()).toBe(false);
  expect(failures).toBe(4);
  mode = "works";
  await clock.advance(62_000);
  expect(await isAllowed()).toBe(true);
  expect(failures).toBe(4);
});

test("GL2: addresses are limited before credentials, consumers after", () => {
  const rateLimits = [
    { by: "consumer", requests: 1, windowMs: 1 },
    { by: "ip", requests: 2, windowMs: 1 },
    { by: "route", requests: 3, windowMs: 1 },
  ] as const;
  const closed = routePlan({
    path: "/x",
    rateLimits,
    access: { schemes: ["jwt"], roles: [], scopes: [] },
  });
  expect(limitsAt(closed, "beforeCredentials").map((each) => each.by)).toEqual(["ip"]);
  expect(limitsAt(closed, "afterCredentials").map((each) => each.by)).toEqual([
    "consumer",
    "route",
  ]);
  const open = routePlan({ path: "/x", rateLimits });
  expect(limitsAt(open, "beforeCredentials")).toHaveLength(3);
  expect(limitsAt(open, "afterCredentials")).toEqual([]);
});

test("GL1: the answer says what is left, and when to come back", async () => {
  await using service = await Service.open(echo);
  const rateLimits = [
    { by: "ip", requests: 2, windowMs: 60_000 },
    { by: "route", requests: 100, windowMs: 1_000 },
  ] as const;
  const access = { schemes: ["apiKey"], roles: [], scopes: [] } as const;
  await using gateway = await openTestGateway(
    gatewayPlan([
      routePlan({ path: "/x", rateLimits }),
      routePlan({ path: "/guess", access, rateLimits: [rateLimits[0]] }),
    ]),
    { service: service.url },
  );
  const first = await fetch(`${gateway.url}/x`);
  expect(first.status).toBe(200);
  expect(first.headers.get("ratelimit-limit")).toBe("2");
  expect(first.headers.get("ratelimit-remaining")).toBe("1");
  expect(first.headers.get("ratelimit-policy")).toBe("2;w=60");
  await first.text();
  await (await fetch(`${gateway.url}/x`)).text();
  const third = await fetch(`${gateway.url}/x`);
  expect(third.status).toBe(429);
  expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await third.json()).toMatchObject({ code: "RATE_LIMITED", status: 429 });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await fetch(`${gateway.url}/guess`)).status);
  expect(statuses, "GL2: guesses count").toEqual([401, 401, 429]);
  expect(service.requests).toBe(2);
});
