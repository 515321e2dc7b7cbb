import { silentLog } from "@ashlar/foundation";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { Periodic } from "../periodic.ts";

const base = { name: "work", intervalMs: 1_000, log: silentLog };

test("PD1 PD2: runs follow each other, also after a failure, and end with the loop", async () => {
  const clock = new SimulatedClock();
  let runs = 0;
  let inside = 0;
  const loop = new Periodic({
    ...base,
    clock,
    run: async () => {
      inside += 1;
      expect(inside).toBe(1);
      runs += 1;
      await Promise.resolve();
      inside -= 1;
      if (runs === 2) throw new TypeError("broken");
      return 0;
    },
  });
  await clock.untilSleeping();
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(1_000);
    await clock.untilSleeping();
  }
  expect(runs).toBe(4);
  await loop[Symbol.asyncDispose]();
  await clock.advance(5_000);
  expect(runs).toBe(4);
});

test("while there is work it goes on at once", async () => {
  const clock = new SimulatedClock();
  let left = 5;
  await using _loop = new Periodic({
    ...base,
    clock,
    run: () => Promise.resolve(left > 0 ? left-- : 0),
  });
  await clock.untilSleeping();
  expect(left).toBe(0);
});

test("PD3: a wake-up during a run is followed by another run", async () => {
  const clock = new SimulatedClock();
  let runs = 0;
  const loop: Periodic = new Periodic({
    ...base,
    clock,
    run: async () => {
      runs += 1;
      await Promise.resolve();
      if (runs === 1) loop.wake();
      return 0;
    },
  });
  await expect.poll(() => runs).toBe(2);
  await clock.untilSleeping();
  await loop[Symbol.asyncDispose]();
});
