/**
 * Goal: what a group's members do when time passes, the store fails, or one of them is paused.
 * Method: one simulated clock, the memory store, and faults put between consumer and store.
 */

import {
  type Event,
  MemoryStreamStore,
  OutboxRelay,
  openStoredStream,
  type StreamStore,
} from "@ashlar/events";
import { type Environment, hasCode } from "@ashlar/foundation";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { Collector, sampleEvent, sampleEvents } from "../src/conformance/sample.ts";

function world(): { clock: SimulatedClock; environment: Environment; store: MemoryStreamStore } {
  const clock = new SimulatedClock();
  const environment = { clock, entropy: seededEntropy(7) };
  const store = new MemoryStreamStore({ name: "events", kind: "log", clock, partitions: 4 });
  return { clock, environment, store };
}

/** The store with some operations replaced. */
function faulty(store: StreamStore, faults: Partial<StreamStore>): StreamStore {
  return new Proxy(store, {
    get(target, name) {
      const fault: unknown = Reflect.get(faults, name);
      if (fault !== undefined) return fault;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("EGC2: an outage of the store is waited out, and nothing is lost or handled twice", async () => {
  const { clock, environment, store } = world();
  let isDown = true;
  const down = (): void => {
    if (isDown) throw new Error("no connection");
  };
  const broken = faulty(store, {
    renew: async (request) => (down(), store.renew(request)),
    read: async (ranges) => (down(), store.read(ranges)),
    commit: async (group, progress) => (down(), store.commit(group, progress)),
  });
  const stream = openStoredStream({ store: broken, environment });
  await stream.publish(sampleEvents(20, 4));
  const seen = new Collector();
  const handler = seen.handler();
  const consumer = await stream.consume({ group: "mail", handler });
  for (let i = 0; i < 5; i++) {
    await clock.untilSleeping();
    await clock.advance(5_000);
  }
  expect(seen.deliveries).toEqual([]);
  isDown = false;
  await clock.advance(10_000);
  await seen.untilCount(20);
  isDown = true;
  await stream.publish([sampleEvent(99, "later")]);
  await clock.advance(10_000);
  isDown = false;
  await clock.advance(20_000);
  await seen.untilCount(21);
  await consumer.close();
  expect(new Set(seen.keys).size).toBe(21);
  expect(seen.deliveries.length).toBe(21);
});

test("EGC1, ES4: a member paused beyond its lease starts nothing, loses its partitions, and records nothing", async () => {
  const { clock, environment, store } = world();
  // The paused member's renewals do not arrive until it wakes up.
  let isPaused = false;
  const paused = faulty(store, {
    renew: async (request) => {
      if (isPaused) throw new Error("paused");
      return await store.renew(request);
    },
  });
  const reasons: unknown[] = [];
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const old = openStoredStream({ store: paused, environment });
  await old.publish([sampleEvent(1, "a")]);
  const first = await old.consume({
    group: "mail",
    leaseMs: 3_000,
    handlerTimeoutMs: 600_000,
    handler: async (_event, { signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      started.resolve();
      await finish.promise;
    },
  });
  await started.promise;
  isPaused = true;
  await clock.advance(3_500);

  const seen = new Collector();
  const second = openStoredStream({ store, environment });
  const successor = await second.consume({
    group: "mail",
    leaseMs: 3_000,
    handler: seen.handler("successor"),
  });
  await seen.untilCount(1);
  isPaused = false;
  await clock.advance(5_000);
  expect(hasCode(reasons[0], "EVENT_LEASE_LOST")).toBe(true);
  finish.resolve();
  await first.close();
  await successor.close();
  expect(seen.keys).toEqual(["a#1"]);
});

test("EGC3: closing waits for the handler in flight, at most its grace", async () => {
  const { clock, environment, store } = world();
  const stream = openStoredStream({ store, environment });
  await stream.publish([sampleEvent(1, "a")]);
  const started = Promise.withResolvers<void>();
  const reasons: unknown[] = [];
  const consumer = await stream.consume({
    group: "mail",
    graceMs: 4_000,
    handler: async (_event, { signal }) => {
      started.resolve();
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          resolve();
        });
      });
    },
  });
  await started.promise;
  const closing = consumer.close();
  await clock.untilSleeping();
  await clock.advance(3_999);
  expect(reasons).toEqual([]);
  await clock.advance(2);
  await closing;
  expect(hasCode(reasons[0], "EVENT_CONSUMER_STOPPED")).toBe(true);
  // It was not finished, so it is delivered again.
  const seen = new Collector();
  await using _next = await stream.consume({ group: "mail", handler: seen.handler() });
  await seen.untilCount(1);
  expect(seen.deliveries[0]?.attempt).toBe(1);
});

test("ES1: waits between deliveries grow, and the outcome of each is told", async () => {
  const { clock, environment, store } = world();
  const stream = openStoredStream({ store, environment, maxDeliveries: 3 });
  const outcomes: string[] = [];
  const times: number[] = [];
  const settled = Promise.withResolvers<void>();
  await stream.publish([sampleEvent(1, "a")]);
  const consumer = await stream.consume({
    group: "mail",
    backoff: { initialMs: 1_000, maxMs: 8_000 },
    handler: () => {
      times.push(clock.wallMs());
      throw new Error("no");
    },
    onDelivery: ({ outcome, attempt }) => {
      outcomes.push(`${outcome} ${attempt}`);
      if (outcome === "dead") settled.resolve();
    },
  });
  while (outcomes.length < 3) {
    await clock.untilSleeping();
    await clock.advance(100);
  }
  await settled.promise;
  await consumer.close();
  expect(outcomes).toEqual(["retry 1", "retry 2", "dead 3"]);
  const [first = 0, second = 0, third = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(500);
  expect(third - second).toBeGreaterThanOrEqual(1_000);
});

test("ES4: the partitions of a member that died without a word go to the others when its lease ends", async () => {
  const { clock, environment, store } = world();
  await store.openGroup("mail", "earliest");
  await store.renew({ group: "mail", member: "dead", leaseMs: 15_000, held: [] });
  const stream = openStoredStream({ store, environment });
  const seen = new Collector();
  await stream.publish(sampleEvents(8, 8));
  const consumer = await stream.consume({ group: "mail", handler: seen.handler() });
  await clock.advance(14_000);
  expect(seen.deliveries).toEqual([]);
  await clock.advance(10_000);
  await seen.untilCount(8);
  await consumer.close();
});

test("ERL1, ERL3: a relay waits out a stream that is away, and keeps the order", async () => {
  const { clock, environment, store } = world();
  const { MemoryOutbox, MemoryTransaction } = await import("@ashlar/events");
  const outbox = new MemoryOutbox({ clock });
  const stream = openStoredStream({ store, environment });
  let isDown = true;
  const published: string[] = [];
  const target = {
    name: "events",
    publish: async (events: readonly Event[]) => {
      if (isDown) throw new Error("no connection");
      published.push(...events.map((each) => each.key));
      return await stream.publish(events);
    },
  };
  const relay = OutboxRelay.open({ source: outbox, stream: target, environment, batch: 2 });
  await MemoryTransaction.run((tx) => outbox.append(tx, ...sampleEvents(5, 1)));
  await clock.advance(3_000);
  expect((await outbox.pending()).count).toBe(5);
  isDown = false;
  await clock.advance(30_000);
  await relay.close();
  expect(published).toEqual(sampleEvents(5, 1).map((each) => each.key));
  expect((await outbox.pending()).count).toBe(0);
});
