import { BoundedQueue, QueueClosedError, QueueFullError } from "@ashlar/foundation";
import fc from "fast-check";
import { expect, test } from "vitest";

test("BQ1: a full queue refuses and keeps what it holds", () => {
  const queue = new BoundedQueue<number>(2);
  queue.put(1);
  queue.put(2);
  expect(() => queue.put(3)).toThrow(QueueFullError);
  expect(queue.size).toBe(2);
});

test("BQ1, BQ2: any sequence of puts and takes keeps the limit and the order", async () => {
  const steps = fc.array(fc.oneof(fc.constant("put"), fc.constant("take")), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (sequence, capacity) => {
      const queue = new BoundedQueue<number>(capacity);
      const model: number[] = [];
      let next = 0;
      for (const step of sequence) {
        if (step === "put") {
          const item = next++;
          if (model.length === capacity) {
            expect(() => queue.put(item)).toThrow(QueueFullError);
          } else {
            queue.put(item);
            model.push(item);
          }
        } else if (model.length > 0) {
          expect((await queue.take()).value).toBe(model.shift());
        }
        expect(queue.size).toBe(model.length);
      }
    }),
  );
});

test("BQ2: a waiting taker gets the next item", async () => {
  const queue = new BoundedQueue<string>(1);
  const taken = queue.take();
  queue.put("first");
  expect(await taken).toEqual({ done: false, value: "first" });
});

test("BQ3: a closed queue gives out what it holds, then ends", async () => {
  const queue = new BoundedQueue<number>(3);
  queue.put(1);
  queue.put(2);
  queue.close();
  expect(() => queue.put(3)).toThrow(QueueClosedError);
  const items: number[] = [];
  for await (const item of queue) items.push(item);
  expect(items).toEqual([1, 2]);
});

test("BQ3: closing ends the takers that wait", async () => {
  const queue = new BoundedQueue<number>(1);
  const taken = queue.take();
  queue.close();
  expect((await taken).done).toBe(true);
});
