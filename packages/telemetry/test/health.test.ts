import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { createHealth } from "../src/index.ts";

test("TEL11: ready when every check passes; a failing one is named with its reason", async () => {
  const health = createHealth(new SimulatedClock());
  expect(await health.ready()).toEqual({ status: "ok", checks: {} });
  health.addCheck("cache", () => undefined);
  const broken = health.addCheck("db", () =>
    Promise.reject(new Error("down at postgres://a:pw@h/d")),
  );
  expect(await health.ready()).toEqual({
    status: "unready",
    checks: {
      cache: { ok: true },
      db: { ok: false, error: "down at postgres://a:[redacted]@h/d" },
    },
  });
  broken[Symbol.dispose]();
  expect((await health.ready()).status).toBe("ok");
});

test("TEL11: a check that does not answer fails after its time, and is told", async () => {
  const clock = new SimulatedClock();
  const health = createHealth(clock);
  let aborted = false;
  health.addCheck("slow", (signal) => {
    signal.addEventListener("abort", () => {
      aborted = true;
    });
    return new Promise(() => undefined);
  });
  const ready = health.ready();
  await clock.untilSleeping();
  await clock.advance(1_000);
  expect((await ready).checks["slow"]).toEqual({ ok: false, error: "no answer within 1000 ms" });
  expect(aborted).toBe(true);
});

test("callers at the same time share one round of checks", async () => {
  const health = createHealth(new SimulatedClock());
  let rounds = 0;
  health.addCheck("db", () => {
    rounds++;
  });
  await Promise.all([health.ready(), health.ready(), health.ready()]);
  expect(rounds).toBe(1);
});

test("TEL12: once stopping, never ready, and checks are left in peace", async () => {
  const health = createHealth(new SimulatedClock());
  let rounds = 0;
  health.addCheck("db", () => {
    rounds++;
  });
  health.setStopping();
  expect(await health.ready()).toEqual({ status: "stopping", checks: {} });
  expect(health.live()).toEqual({ status: "ok" });
  expect(rounds).toBe(0);
});
