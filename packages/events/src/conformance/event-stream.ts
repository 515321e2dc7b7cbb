/**
 * Cases of the port {@link EventStream}: ES1..ES8, EV1, EV2.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EventRejectedError } from "../errors.ts";
import type { EventStream, StreamKind } from "../stream.ts";
import { briefly, Collector, type ConformanceCase, sampleEvent, sampleEvents } from "./sample.ts";

export interface EventStreamHarness {
  /**
   * A new, empty stream with 4 partitions and at most 4,096 bytes an event. Each call of the result
   * opens it as another process would.
   */
  readonly create: (kind: StreamKind) => Promise<() => Promise<EventStream>>;
}

type Case = ConformanceCase<EventStreamHarness>;

/** Settles when `isMet` does; asks again after every turn of the loop that does I/O. */
async function eventually(isMet: () => Promise<boolean>): Promise<void> {
  while (!(await isMet())) await new Promise<void>((resolve) => setImmediate(resolve));
}

const publishing: readonly Case[] = [
  {
    name: "ES1, ES2: a group gets every event, those of one subject in order",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      await stream.publish(sampleEvents(60, 7));
      await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
      await stream.publish(sampleEvents(140, 7).slice(60));
      await seen.untilCount(140);
      assert.equal(new Set(seen.keys).size, 140);
      for (let subject = 0; subject < 7; subject++) {
        const name = `subject/${subject}`;
        const expected = sampleEvents(140, 7).filter((each) => each.subject === name);
        assert.deepEqual(
          seen.keysOf(name),
          expected.map((each) => each.key),
        );
      }
    },
  },
  {
    name: "ES1: an event arrives as it was published",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      const event = {
        ...sampleEvent(1, "Ünïcode/✓", "a'; DROP TABLE event; --"),
        data: { text: 'quote " back \\ nul \u0000 lone \ud800', list: [1.5, null, true, {}] },
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      };
      await stream.publish([event]);
      await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
      await seen.untilCount(1);
      assert.deepEqual(seen.deliveries[0]?.event, JSON.parse(JSON.stringify(event)));
    },
  },
  {
    name: "ES3, EV1: a key is published once, in a batch, later, and by publishers at the same time",
    async run({ create }) {
      const open = await create("log");
      await using first = await open();
      await using second = await open();
      const twice = [sampleEvent(1, "a"), sampleEvent(1, "a")];
      assert.deepEqual(await first.publish(twice), { published: 1, duplicates: 1 });
      assert.deepEqual(await second.publish(twice), { published: 0, duplicates: 2 });
      const batch = sampleEvents(50, 5);
      const results = await Promise.all(
        [first, second, first, second].map((each) => each.publish(batch)),
      );
      assert.equal(
        results.map((each) => each.published).reduce((a, b) => a + b),
        50,
      );
      const seen = new Collector();
      await using _consumer = await first.consume({ group: "mail", handler: seen.handler() });
      await first.publish([sampleEvent(2, "end")]);
      await seen.until(() => seen.keys.includes("end#2"));
      await eventually(async () => (await first.groups())[0]?.lag === 0);
      assert.equal(seen.deliveries.length, 52);
    },
  },
  {
    name: "EV2: a batch with a malformed or an oversized event is refused as a whole",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const good = sampleEvent(1, "a");
      const large = { ...sampleEvent(2, "a"), data: "x".repeat(5_000) };
      await assert.rejects(stream.publish([good, large]), { code: "EVENT_TOO_LARGE" });
      await assert.rejects(stream.publish([good, { ...good, key: "" }]), { code: "EVENT_INVALID" });
      assert.deepEqual(await stream.publish([good]), { published: 1, duplicates: 0 });
    },
  },
  {
    name: "ES1: a group may begin at the end of the stream",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      await stream.publish(sampleEvents(5, 5));
      const options = { group: "late", start: "latest", handler: seen.handler() } as const;
      await using _consumer = await stream.consume(options);
      await stream.publish([sampleEvent(9, "new")]);
      await seen.untilCount(1);
      assert.deepEqual(seen.keys, ["new#9"]);
    },
  },
];

const failing: readonly Case[] = [
  {
    name: "ES1, ES2, ES5: a failing event is delivered again, before those of its subject, after others",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      await stream.publish([
        sampleEvent(1, "bad"),
        sampleEvent(2, "bad"),
        ...sampleEvents(20, 10),
        sampleEvent(3, "bad"),
      ]);
      await using _consumer = await stream.consume({
        group: "mail",
        backoff: briefly,
        handler: async (event, { attempt }) => {
          // Until all others are handled, the bad one fails (ES5).
          if (event.key === "bad#1" && new Set(seen.keys).size < 20) throw new Error("not yet");
          seen.add(event, attempt);
        },
        maxDeliveries: 10_000,
      });
      await seen.untilCount(23);
      assert.deepEqual(seen.keysOf("bad"), ["bad#1", "bad#2", "bad#3"]);
      const [bad] = seen.deliveries.filter(({ event }) => event.key === "bad#1");
      assert.ok((bad?.attempt ?? 0) > 1, "the attempts are counted");
    },
  },
  {
    name: "ES6: after its last failure an event is a dead letter, can be listed, replayed, discarded",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      let isBroken = true;
      await stream.publish([sampleEvent(1, "a"), sampleEvent(2, "a"), sampleEvent(3, "b")]);
      await using _consumer = await stream.consume({
        group: "mail",
        backoff: briefly,
        maxDeliveries: 3,
        handler: (event, { attempt }) => {
          if (isBroken && event.subject === "a") throw new Error(`broken at ${attempt}`);
          seen.add(event, attempt);
        },
      });
      await eventually(async () => (await stream.deadLetters("mail")).length === 2);
      const [first, second] = await stream.deadLetters("mail");
      assert.equal(first?.event.key, "a#1");
      assert.equal(first?.attempts, 3);
      assert.match(first?.error ?? "", /broken at 3/);
      assert.equal((await stream.deadLetters("mail", { after: first?.position ?? 0 })).length, 1);
      assert.equal((await stream.groups())[0]?.dead, 2);
      isBroken = false;
      assert.equal(await stream.replay("mail", { keys: ["a#1"] }), 1);
      await seen.until(() => seen.keys.includes("a#1"));
      assert.equal(seen.deliveries.find(({ event }) => event.key === "a#1")?.attempt, 1);
      assert.equal(await stream.discard("mail", "all"), 1);
      assert.deepEqual(await stream.deadLetters("mail"), []);
      assert.equal(second?.event.key, "a#2");
    },
  },
  {
    name: "ES6: a rejected event is a dead letter at once",
    async run({ create }) {
      await using stream = await (await create("log"))();
      let calls = 0;
      await stream.publish([sampleEvent(1, "a")]);
      await using _consumer = await stream.consume({
        group: "mail",
        handler: (event) => {
          calls++;
          throw new EventRejectedError(event.key, "unknown type");
        },
      });
      await eventually(async () => (await stream.deadLetters("mail")).length === 1);
      assert.equal(calls, 1);
    },
  },
  {
    name: "ES1: a handler that does not settle in time is told, and the event delivered again",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      const reasons: unknown[] = [];
      await stream.publish([sampleEvent(1, "a")]);
      await using _consumer = await stream.consume({
        group: "mail",
        backoff: briefly,
        handlerTimeoutMs: 20,
        handler: async (event, { attempt, signal }) => {
          if (attempt > 1) return seen.add(event, attempt);
          await new Promise<void>((resolve) => {
            signal.addEventListener("abort", () => resolve());
          });
          reasons.push(signal.reason);
        },
      });
      await seen.untilCount(1);
      assert.equal(seen.deliveries[0]?.attempt, 2);
      assert.equal((reasons[0] as { code?: string }).code, "EVENT_HANDLER_TIMEOUT");
    },
  },
];

const sharing: readonly Case[] = [
  {
    name: "ES4: consumers of a group share the events, and none is handled twice",
    async run({ create }) {
      const open = await create("log");
      await using first = await open();
      await using second = await open();
      const seen = new Collector();
      const join = (stream: EventStream, by: string) =>
        stream.consume({ group: "mail", handler: seen.handler(by) });
      await using one = await join(first, "one");
      await using two = await join(second, "two");
      await eventually(async () => one.partitions.length === 2 && two.partitions.length === 2);
      await first.publish(sampleEvents(200, 40));
      await seen.untilKeys(200);
      assert.equal(seen.deliveries.length, 200);
      assert.deepEqual(new Set(seen.deliveries.map(({ by }) => by)), new Set(["one", "two"]));
    },
  },
  {
    name: "ES8: a consumer that closes settles what is in flight and hands over, nothing twice",
    async run({ create }) {
      const open = await create("log");
      await using first = await open();
      await using second = await open();
      const seen = new Collector();
      await first.publish(sampleEvents(300, 12));
      const slow = await first.consume({
        group: "mail",
        concurrency: 4,
        handler: async (event, { attempt }) => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          seen.add(event, attempt, "slow");
        },
      });
      await seen.untilCount(20);
      await using _next = await second.consume({ group: "mail", handler: seen.handler("next") });
      await slow.close();
      await seen.untilKeys(300);
      assert.equal(seen.deliveries.length, 300);
      for (let subject = 0; subject < 12; subject++) {
        const numbers = seen.keysOf(`subject/${subject}`).map((key) => Number(key.split("#")[1]));
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        );
      }
    },
  },
  {
    name: "ES1: of a log, every group gets every event",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const mail = new Collector();
      const audit = new Collector();
      await using _mail = await stream.consume({ group: "mail", handler: mail.handler() });
      await stream.publish(sampleEvents(30, 3));
      await using _audit = await stream.consume({ group: "audit", handler: audit.handler() });
      await Promise.all([mail.untilCount(30), audit.untilCount(30)]);
      assert.deepEqual(new Set(mail.keys), new Set(audit.keys));
    },
  },
  {
    name: "ES4: a queue has one group, whose workers take each item once",
    async run({ create }) {
      const open = await create("queue");
      await using first = await open();
      await using second = await open();
      const seen = new Collector();
      await first.publish(sampleEvents(100, 100));
      await using _one = await first.consume({ group: "workers", handler: seen.handler("one") });
      await using _two = await second.consume({ group: "workers", handler: seen.handler("two") });
      const other = second.consume({ group: "others", handler: seen.handler() });
      await assert.rejects(other, { code: "EVENT_GROUP_REFUSED" });
      await seen.untilKeys(100);
      assert.equal(seen.deliveries.length, 100);
    },
  },
  {
    name: "ES8: progress outlives the consumer: a later one gets only what is new",
    async run({ create }) {
      const open = await create("log");
      await using stream = await open();
      const before = new Collector();
      const after = new Collector();
      await stream.publish(sampleEvents(25, 5));
      {
        await using _old = await stream.consume({ group: "mail", handler: before.handler() });
        await before.untilCount(25);
      }
      await stream.publish([sampleEvent(99, "new")]);
      await using reopened = await open();
      await using _new = await reopened.consume({ group: "mail", handler: after.handler() });
      await after.untilCount(1);
      assert.deepEqual(after.keys, ["new#99"]);
    },
  },
  {
    name: "ES7: retention removes what every group is done with, and nothing else",
    async run({ create }) {
      await using stream = await (await create("log"))();
      const seen = new Collector();
      await stream.publish(sampleEvents(10, 2));
      const holding = await stream.consume({ group: "slow", handler: () => undefined });
      await eventually(async () => (await stream.groups())[0]?.lag === 0);
      await holding.close();
      // Younger than the retention, so the key is still known.
      assert.equal(await stream.sweep(), 0);
      assert.deepEqual(await stream.publish(sampleEvents(10, 2)), { published: 0, duplicates: 10 });
      await using _late = await stream.consume({ group: "late", handler: seen.handler() });
      await seen.untilCount(10);
    },
  },
];

/** Every case of the port. */
export const eventStreamCases: readonly Case[] = [...publishing, ...failing, ...sharing];
