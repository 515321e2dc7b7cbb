/**
 * Cases of the ports {@link Outbox}, {@link OutboxSource} and {@link Inbox}: OB1..OB3, IB1.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Environment } from "@ashlar/foundation";
import type { Event } from "../event.ts";
import type { Inbox } from "../inbox.ts";
import type { Outbox, OutboxSource } from "../outbox.ts";
import { OutboxRelay } from "../relay.ts";
import type { EventStream } from "../stream.ts";
import { briefly, Collector, type ConformanceCase, sampleEvent, sampleEvents } from "./sample.ts";

/** A producer's and consumer's database, and a stream beside it. All are new and empty. */
export interface OutboxHarness<Tx> {
  readonly create: () => Promise<OutboxFixture<Tx>>;
}

interface OutboxFixture<Tx> extends AsyncDisposable {
  readonly environment: Environment;
  readonly outbox: Outbox<Tx> & OutboxSource;
  readonly inbox: Inbox<Tx>;
  readonly stream: EventStream;
  /** Runs `work` in a transaction that commits if it settles. */
  readonly transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
}

class Crash extends Error {}

/** Every case; generic, for each adapter has a transaction of its own. */
export function outboxCases<Tx>(): readonly ConformanceCase<OutboxHarness<Tx>>[] {
  return [...appendCases<Tx>(), ...relayCases<Tx>(), ...effectCases<Tx>()];
}

function appendCases<Tx>(): readonly ConformanceCase<OutboxHarness<Tx>>[] {
  return [
    {
      name: "OB1: what rolled back is never published, what committed is",
      async run({ create }) {
        await using fixture = await create();
        const { outbox, transaction, stream, environment } = fixture;
        const undone = transaction(async (tx) => {
          await outbox.append(tx, sampleEvent(1, "undone"));
          throw new Crash();
        });
        await assert.rejects(undone, Crash);
        await transaction((tx) =>
          outbox.append(tx, sampleEvent(1, "done"), sampleEvent(2, "done")),
        );
        assert.equal((await outbox.pending()).count, 2);
        const seen = new Collector();
        await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
        await using _relay = OutboxRelay.open({ source: outbox, stream, environment });
        await seen.untilCount(2);
        assert.deepEqual(seen.keys, ["done#1", "done#2"]);
      },
    },
    {
      name: "OB1, EV2: an oversized event fails the append, so the producer learns of it",
      async run({ create }) {
        await using fixture = await create();
        const { outbox, transaction } = fixture;
        const large = { ...sampleEvent(1, "a"), data: "x".repeat(300_000) };
        await assert.rejects(
          transaction((tx) => outbox.append(tx, large)),
          { code: "EVENT_TOO_LARGE" },
        );
        assert.equal((await outbox.pending()).count, 0);
      },
    },
  ];
}

function relayCases<Tx>(): readonly ConformanceCase<OutboxHarness<Tx>>[] {
  return [
    {
      name: "OB2: with two relays and many producers, each subject keeps the order of its commits",
      async run({ create }) {
        await using fixture = await create();
        const { outbox, transaction, stream, environment } = fixture;
        const seen = new Collector();
        await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
        const options = { source: outbox, stream, environment, batch: 7 };
        await using _one = OutboxRelay.open(options);
        await using _two = OutboxRelay.open(options);
        await Promise.all(
          [0, 1, 2, 3].map(async (producer) => {
            for (let number = 0; number < 30; number++) {
              await transaction((tx) => outbox.append(tx, sampleEvent(number, `p${producer}`)));
            }
          }),
        );
        await seen.untilKeys(120);
        for (const producer of [0, 1, 2, 3]) {
          const numbers = seen.keysOf(`p${producer}`).map((key) => Number(key.split("#")[1]));
          assert.deepEqual(
            numbers,
            Array.from({ length: 30 }, (_, index) => index),
          );
        }
      },
    },
    {
      name: "OB3: a relay that dies between publishing and forgetting makes no duplicate",
      async run({ create }) {
        await using fixture = await create();
        const { outbox, transaction, stream, environment } = fixture;
        await transaction((tx) => outbox.append(tx, ...sampleEvents(10, 3)));
        const dying = async (events: readonly Event[]): Promise<never> => {
          await stream.publish(events);
          throw new Crash();
        };
        await assert.rejects(outbox.drain(100, dying, new AbortController().signal), Crash);
        assert.equal((await outbox.pending()).count, 10);
        const seen = new Collector();
        await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
        await using _relay = OutboxRelay.open({ source: outbox, stream, environment });
        await transaction((tx) => outbox.append(tx, sampleEvent(99, "last")));
        await seen.until(() => seen.keys.includes("last#99"));
        await seen.untilKeys(11);
        assert.equal(seen.deliveries.length, 11);
      },
    },
    {
      name: "ERL2: an event that the stream refuses is kept aside and does not hold up the others",
      async run({ create }) {
        await using fixture = await create();
        const { outbox, transaction, stream, environment } = fixture;
        const large = { ...sampleEvent(2, "a"), data: "x".repeat(5_000) };
        await transaction((tx) =>
          outbox.append(tx, sampleEvent(1, "a"), large, sampleEvent(3, "a")),
        );
        const seen = new Collector();
        await using _consumer = await stream.consume({ group: "mail", handler: seen.handler() });
        await using _relay = OutboxRelay.open({ source: outbox, stream, environment });
        await seen.untilCount(2);
        assert.deepEqual(seen.keys, ["a#1", "a#3"]);
      },
    },
  ];
}

function effectCases<Tx>(): readonly ConformanceCase<OutboxHarness<Tx>>[] {
  return [
    {
      name: "IB1: of many transactions with one key, exactly one is the first",
      async run({ create }) {
        await using fixture = await create();
        const { inbox, transaction } = fixture;
        const undone = transaction(async (tx) => {
          assert.equal(await inbox.once(tx, "mail", "k"), true);
          throw new Crash();
        });
        await assert.rejects(undone, Crash);
        const answers = await Promise.all(
          Array.from({ length: 6 }, () => transaction((tx) => inbox.once(tx, "mail", "k"))),
        );
        assert.equal(answers.filter(Boolean).length, 1);
        assert.equal(await transaction((tx) => inbox.once(tx, "mail", "k")), false);
        assert.equal(await transaction((tx) => inbox.once(tx, "other", "k")), true);
      },
    },
    {
      name: "IB1: a consumer that dies between effect and acknowledgement has its effect once",
      async run({ create }) {
        await using fixture = await create();
        const { inbox, transaction, stream } = fixture;
        const seen = new Collector();
        const effects: string[] = [];
        await stream.publish(sampleEvents(12, 4));
        await using _consumer = await stream.consume({
          group: "mail",
          backoff: briefly,
          handler: async (event, { attempt }) => {
            const isFirst = await transaction((tx) => inbox.once(tx, "mail", event.key));
            if (isFirst) effects.push(event.key);
            // The effect has committed; the acknowledgement is lost.
            if (attempt === 1) throw new Crash();
            seen.add(event, attempt);
          },
        });
        await seen.untilKeys(12);
        assert.equal(effects.length, 12);
        assert.equal(new Set(effects).size, 12);
      },
    },
  ];
}
