/** CN4: the newest items, within a count and a number of bytes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Ring } from "../src/ring.ts";

const ringOf = (countMax: number, bytesMax: number): Ring<number> =>
  new Ring({ countMax, bytesMax, sizeOf: (item) => item });

test("CN4: whatever is pushed, count and bytes stay within their limits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 600 }),
      (countMax, bytesMax, pushed) => {
        const ring = ringOf(countMax, bytesMax);
        for (const item of pushed) {
          ring.push(item);
          expect(ring.size).toBeLessThanOrEqual(countMax);
          expect(ring.bytes).toBeLessThanOrEqual(bytesMax);
          expect(ring.bytes).toBe(ring.items().reduce((sum, each) => sum + each, 0));
        }
        // What is left is the end of what fitted, in order.
        const fitting = pushed.filter((each) => each <= bytesMax);
        expect(ring.items()).toEqual(fitting.slice(fitting.length - ring.size));
        expect(ring.evicted).toBe(pushed.length - ring.size);
      },
    ),
  );
});

test("CN4: an item larger than the ring is refused and counted", () => {
  const ring = ringOf(10, 5);
  expect(ring.push(6)).toBe(false);
  expect([ring.size, ring.evicted]).toEqual([0, 1]);
});

test("removing keeps order and bytes", () => {
  const ring = ringOf(10, 100);
  for (const item of [1, 2, 3, 4]) ring.push(item);
  expect(ring.remove((item) => item % 2 === 0)).toBe(2);
  expect([ring.items(), ring.bytes]).toEqual([[1, 3], 4]);
});
