/**
 * Cases of the port {@link StreamStore}: SS1, SS2, ES7.
 *
 * @module
 */
import assert from "node:assert/strict";
import { partitionOf } from "../event.ts";
import type { AcquiredLease, Progress, StreamEntry, StreamStore } from "../stream-store.ts";
import { type ConformanceCase, sampleEvent, sampleEvents } from "./sample.ts";

export interface StreamStoreHarness {
  /** A new, empty log with 4 partitions. Each call of the result opens it as another process would. */
  readonly create: () => Promise<() => Promise<StreamStore>>;
}

type Case = ConformanceCase<StreamStoreHarness>;

const leaseMs = 60_000;

function entriesOf(count: number, name: string): readonly StreamEntry[] {
  return sampleEvents(count, 8).map((each) => {
    const subject = `${name}/${each.subject}`;
    return {
      event: { ...each, subject, key: `${name}${each.key}` },
      partition: partitionOf(subject, 4),
    };
  });
}

function progressOf({ partition, epoch }: AcquiredLease, cursor: number): Progress {
  return { partition, epoch, cursor, waiting: [], settled: [], dead: [] };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}

/** Every case of the port. */
export const streamStoreCases: readonly Case[] = [
  {
    name: "SS1: a reader never sees a position appear below one that it has seen",
    async run({ create }) {
      const open = await create();
      await using reader = await open();
      const writers = await Promise.all([open(), open(), open(), open()]);
      let isDone = false;
      const writing = Promise.all(
        writers.map(async (store, writer) => {
          for (let round = 0; round < 15; round++) {
            await store.append(entriesOf(1 + ((round * 7 + writer) % 9), `w${writer}r${round}`));
          }
        }),
      ).then(() => {
        isDone = true;
      });
      const seen: number[] = [];
      for (let isLast = false; !isLast; ) {
        isLast = isDone;
        const ranges = [0, 1, 2, 3].map((partition) => ({ partition, after: 0, limit: 10_000 }));
        const positions = (await reader.read(ranges)).map((each) => each.position);
        const known = new Set(seen);
        const fresh = positions.filter((each) => !known.has(each)).toSorted((a, b) => a - b);
        assert.ok(
          fresh.every((each) => each > (seen.at(-1) ?? 0)),
          "a position appeared below one that had been seen",
        );
        seen.push(...fresh);
      }
      await writing;
      for (const each of writers) await each[Symbol.asyncDispose]();
      assert.deepEqual(
        seen,
        [...new Set(seen)].toSorted((a, b) => a - b),
      );
    },
  },
  {
    name: "SS2: a member whose partitions were taken over can record nothing",
    async run({ create }) {
      await using store = await (await create())();
      await store.openGroup("mail", "earliest");
      const old = { group: "mail", member: "old", leaseMs: 0, held: [] };
      const first = await store.renew(old);
      assert.equal(first.acquired.length, 4);
      const next = await store.renew({ ...old, member: "new", leaseMs });
      assert.equal(next.acquired.length, 4, "a lease of no length is free at once");
      for (const each of first.acquired) {
        const successor = next.acquired.find(({ partition }) => partition === each.partition);
        assert.ok((successor?.epoch ?? 0) > each.epoch, "the epoch grows");
      }
      const all = first.acquired.map((each) => progressOf(each, 1_000));
      const lost = await store.commit("mail", all);
      assert.deepEqual(ascending(lost), [0, 1, 2, 3]);
      const renewal = await store.renew({ ...old, leaseMs, held: first.acquired });
      assert.deepEqual(renewal.held, []);
      const kept = await store.renew({ ...old, member: "new", leaseMs, held: next.acquired });
      assert.equal(kept.held.length, 4);
    },
  },
  {
    name: "SS2: a living member keeps its partitions, and gives up the excess when another joins",
    async run({ create }) {
      await using store = await (await create())();
      await store.openGroup("mail", "earliest");
      const one = { group: "mail", member: "one", leaseMs, held: [] };
      const held = (await store.renew(one)).acquired;
      assert.equal(held.length, 4);
      const two = { ...one, member: "two" };
      assert.deepEqual((await store.renew(two)).acquired, []);
      assert.equal((await store.renew({ ...one, held })).fairShare, 2);
      await store.release("mail", "one", held.slice(2));
      const moved = (await store.renew(two)).acquired.map((each) => each.partition);
      assert.deepEqual(ascending(moved), ascending(held.slice(2).map((each) => each.partition)));
    },
  },
  {
    name: "SS2, ES1: cursor, waiting events and dead letters are found by the next holder",
    async run({ create }) {
      await using store = await (await create())();
      await store.openGroup("mail", "earliest");
      const partition = partitionOf("a", 4);
      const events = [1, 2, 3].map((number) => sampleEvent(number, "a"));
      await store.append(events.map((event) => ({ event, partition })));
      const stored = await store.read([{ partition, after: 0, limit: 10 }]);
      const [one, two, three] = stored.map((each) => each.position);
      assert.ok(one !== undefined && two !== undefined && three !== undefined);
      const member = { group: "mail", member: "one", leaseMs, held: [] };
      const lease = (await store.renew(member)).acquired.find(
        (each) => each.partition === partition,
      );
      assert.ok(lease !== undefined);
      const waiting = { position: one, subject: "a", attempts: 2, dueInMs: 0, error: "no" };
      const dead = { position: two, attempts: 8, error: "never" };
      const progress = { ...progressOf(lease, two), waiting: [waiting], dead: [dead] };
      assert.deepEqual(await store.commit("mail", [progress]), []);
      await store.release("mail", "one");

      const next = await store.renew({ ...member, member: "two" });
      assert.equal(next.acquired.find((each) => each.partition === partition)?.cursor, two);
      const [found] = await store.listWaiting("mail", [partition]);
      assert.equal(found?.position, one);
      assert.equal(found?.attempts, 2);
      const [body] = await store.readWaiting("mail", [one]);
      assert.deepEqual(body?.event, events[0]);
      const [letter] = await store.deadLetters("mail", { limit: 10, after: 0 });
      assert.deepEqual(letter?.event, events[1]);
      assert.equal((await store.groups())[0]?.lag, 2, "the waiting one and the one not read");
    },
  },
  {
    name: "ES7: a sweep removes only what all groups have passed",
    async run({ create }) {
      await using store = await (await create())();
      await store.openGroup("mail", "earliest");
      await store.openGroup("audit", "earliest");
      const partition = partitionOf("a", 4);
      const entries = [1, 2, 3].map((number) => ({ event: sampleEvent(number, "a"), partition }));
      await store.append(entries);
      const positions = (await store.read([{ partition, after: 0, limit: 10 }])).map(
        (each) => each.position,
      );
      for (const [group, passed] of [
        ["mail", 3],
        ["audit", 1],
      ] as const) {
        const { acquired } = await store.renew({ group, member: "one", leaseMs, held: [] });
        const lease = acquired.find((each) => each.partition === partition);
        assert.ok(lease !== undefined);
        await store.commit(group, [progressOf(lease, positions[passed - 1] ?? 0)]);
      }
      // A negative age makes everything old (or inactive), so that the case need not wait.
      const inactiveMs = 3_600_000;
      assert.equal(await store.sweep({ retentionMs: 3_600_000, inactiveMs }), 0, "too young");
      assert.equal(await store.sweep({ retentionMs: -60_000, inactiveMs }), 1, "audit is behind");
      const inactive = await store.sweep({ retentionMs: -60_000, inactiveMs: -60_000 });
      assert.equal(inactive, 2, "an inactive group holds nothing back");
    },
  },
];
