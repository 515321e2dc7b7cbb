import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";

const never = new AbortController().signal;

test("TC1: time moves only when told to", async () => {
  const clock = new SimulatedClock(1_000);
  let woke = false;
  const sleep = clock.sleep(100, never).then(() => (woke = true));
  await clock.advance(99);
  expect(woke).toBe(false);
  expect(clock.wallMs()).toBe(1_099);
  await clock.advance(1);
  await sleep;
  expect(woke).toBe(true);
});

test("TC2: sleepers wake by deadline, then by arrival", async () => {
  const delays = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(delays, async (waits) => {
      const clock = new SimulatedClock();
      const woken: number[] = [];
      const sleeps = waits.map((ms, index) => clock.sleep(ms, never).then(() => woken.push(index)));
      await clock.advance(100);
      await Promise.all(sleeps);
      const expected = waits.map((_, index) => index);
      expected.sort((a, b) => (waits[a] ?? 0) - (waits[b] ?? 0) || a - b);
      expect(woken).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test("an aborted sleep rejects with the signal's reason and is forgotten", async () => {
  const clock = new SimulatedClock();
  const abort = new AbortController();
  const sleep = clock.sleep(10, abort.signal);
  abort.abort(new RangeError("enough"));
  await expect(sleep).rejects.toThrow("enough");
  expect(clock.sleeperCount).toBe(0);
  await expect(clock.sleep(1, abort.signal)).rejects.toThrow("enough");
});

test("a test can wait until somebody sleeps", async () => {
  const clock = new SimulatedClock();
  const waiting = clock.untilSleeping(2);
  void clock.sleep(1, never);
  void clock.sleep(1, never);
  await waiting;
  expect(clock.sleeperCount).toBe(2);
});

test("equal seeds give equal chance; others differ", () => {
  const a = seededEntropy(7);
  const b = seededEntropy(7);
  expect([a.fraction(), a.uuid(), a.bytes(4)]).toEqual([b.fraction(), b.uuid(), b.bytes(4)]);
  expect(seededEntropy(8).uuid()).not.toBe(seededEntropy(7).uuid());
  expect(a.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
