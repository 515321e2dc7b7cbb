/**
 * Goal: a lane skips nothing, keeps each subject in order, and holds up no other subject.
 * Method: random histories of publishing, starting, succeeding, failing, dying, commits that fail,
 * and owners that die and are replaced, against a small model of what the store would hold.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Lane } from "../src/lane.ts";
import type { Progress, StoredEvent, WaitingEntry } from "../src/stream-store.ts";

function stored(position: number, subject: string): StoredEvent {
  const time = "2026-11-21T06:00:00Z";
  const event = { key: `k${position}`, type: "t", subject, time, data: null };
  return { position, partition: 0, event };
}

/** What a store keeps of one partition of one group. */
class Model {
  readonly log: StoredEvent[] = [];
  readonly waiting = new Map<number, WaitingEntry>();
  readonly dead = new Set<number>();
  readonly handled: number[] = [];
  cursor = 0;
  epoch = 0;
  nowMs = 1_000;
  lane: Lane = this.open();

  open(): Lane {
    this.epoch++;
    const { epoch, cursor } = this;
    const lane = new Lane({ partition: 0, epoch, cursor, windowMax: 5, waitingMax: 100 });
    lane.offerWaiting([...this.waiting.values()], this.nowMs);
    this.inFlight = new Map();
    return lane;
  }

  inFlight: Map<number, string> = new Map();

  publish(subject: string): void {
    this.log.push(stored(this.log.length + 1, subject));
  }

  read(): void {
    const fresh = this.log.filter((each) => each.position > this.lane.readTo);
    this.lane.offer(fresh.slice(0, this.lane.room));
  }

  start(limit: number): void {
    for (const { position, subject } of this.lane.start(limit, this.nowMs)) {
      // LN1: one of a subject at a time.
      expect([...this.inFlight.values()]).not.toContain(subject);
      this.inFlight.set(position, subject);
    }
  }

  settle(how: "handled" | "failed" | "died", pick: number): void {
    const positions = [...this.inFlight.keys()];
    const position = positions[pick % Math.max(1, positions.length)];
    if (position === undefined) return;
    this.inFlight.delete(position);
    if (how === "handled") {
      this.lane.handled(position);
      this.handled.push(position);
    } else if (how === "failed") this.lane.failed(position, this.nowMs + 10, "no");
    else this.lane.died(position, "never");
  }

  commit(doesFail: boolean): void {
    const taken = this.lane.takeProgress(this.nowMs);
    if (taken === undefined) return;
    if (doesFail) return this.lane.restoreProgress(taken);
    this.record(taken.record);
    this.lane.confirmProgress(taken);
  }

  record(progress: Progress): void {
    expect(progress.cursor).toBeGreaterThanOrEqual(this.cursor);
    this.cursor = progress.cursor;
    for (const each of progress.waiting) this.waiting.set(each.position, { ...each, partition: 0 });
    for (const each of progress.dead) this.dead.add(each.position);
    for (const each of progress.settled) this.waiting.delete(each);
  }

  /** Moves a dead letter back, as an operator would. */
  replay(pick: number): void {
    const position = [...this.dead][pick % Math.max(1, this.dead.size)];
    const subject = this.log[(position ?? 0) - 1]?.event.subject;
    if (position === undefined || subject === undefined) return;
    this.dead.delete(position);
    this.waiting.set(position, { partition: 0, position, subject, attempts: 0, dueInMs: 0 });
    this.list();
  }

  /** Reads what is set aside, as a member does now and then. */
  list(): void {
    this.lane.offerWaiting([...this.waiting.values()], this.nowMs);
  }

  /** Handles everything that is left. */
  finish(): void {
    for (let rounds = 0; rounds < 1_000; rounds++) {
      this.nowMs += 100;
      this.read();
      this.start(10);
      while (this.inFlight.size > 0) this.settle("handled", 0);
      this.commit(false);
      const isDone = this.cursor === this.log.length && this.waiting.size === 0;
      if (isDone && !this.lane.isDirty) return;
    }
    throw new Error("it never ends");
  }
}

const subjects = fc.constantFrom("a", "b", "c");
const step = fc.oneof(
  fc.record({ do: fc.constant("publish" as const), subject: subjects }),
  fc.record({ do: fc.constant("read" as const) }),
  fc.record({ do: fc.constant("start" as const), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    do: fc.constant("settle" as const),
    how: fc.constantFrom("handled" as const, "failed" as const, "died" as const),
    pick: fc.nat(10),
  }),
  fc.record({ do: fc.constant("commit" as const), doesFail: fc.boolean() }),
  fc.record({ do: fc.constant("wait" as const) }),
  fc.record({ do: fc.constant("list" as const) }),
  fc.record({ do: fc.constant("replay" as const), pick: fc.nat(10) }),
  fc.record({ do: fc.constant("crash" as const) }),
);

const histories = fc.array(step, { minLength: 10, maxLength: 200, size: "max" });

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function run(steps: readonly Step[]): Model {
  const model = new Model();
  for (const each of steps) {
    if (each.do === "publish") model.publish(each.subject);
    else if (each.do === "read") model.read();
    else if (each.do === "start") model.start(each.limit);
    else if (each.do === "settle") model.settle(each.how, each.pick);
    else if (each.do === "commit") model.commit(each.doesFail);
    else if (each.do === "wait") model.nowMs += 7;
    else if (each.do === "list") model.list();
    else if (each.do === "replay") model.replay(each.pick);
    else model.lane = model.open();
  }
  return model;
}

describe("over any history", () => {
  test("LN2, LN4: every event is handled or dead in the end, whatever failed or crashed", () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const model = run(steps);
        model.finish();
        const settled = new Set([...model.handled, ...model.dead]);
        expect([...settled].toSorted((a, b) => a - b)).toEqual(model.log.map((e) => e.position));
      }),
      { numRuns: 300 },
    );
  });

  test("LN1: without a crash, each subject's events are handled once and in order", () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const model = run(steps.filter((each) => each.do !== "crash" && each.do !== "replay"));
        model.finish();
        for (const subject of ["a", "b", "c"]) {
          const mine = model.handled.filter(
            (each) => model.log[each - 1]?.event.subject === subject,
          );
          expect(mine).toEqual([...new Set(mine)].toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("LN2: the cursor never passes an event that is neither handled, dead, nor set aside", () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const model = run(steps);
        const known = new Set([...model.handled, ...model.dead, ...model.waiting.keys()]);
        for (const { position } of model.log) {
          if (position <= model.cursor) expect(known).toContain(position);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function laneWith(...events: readonly StoredEvent[]): Lane {
  const lane = new Lane({ partition: 0, epoch: 1, cursor: 0, windowMax: 8, waitingMax: 3 });
  lane.offer(events);
  return lane;
}

test("LN3: a failure sets its own subject aside, and the cursor goes on with the others", () => {
  const lane = laneWith(stored(1, "a"), stored(2, "b"), stored(3, "a"), stored(4, "b"));
  expect(lane.start(9, 0).map((each) => each.position)).toEqual([1, 2]);
  lane.failed(1, 500, "no");
  lane.handled(2);
  expect(lane.start(9, 0).map((each) => each.position)).toEqual([4]);
  lane.handled(4);
  const taken = lane.takeProgress(0);
  expect(taken?.record.cursor).toBe(4);
  expect(taken?.record.waiting.map(({ position, dueInMs }) => [position, dueInMs])).toEqual([
    [1, 500],
    [3, 0],
  ]);
  expect(lane.nextDueMs).toBe(500);
  expect(lane.start(9, 499)).toEqual([]);
  expect(lane.start(9, 500).map((each) => each.position)).toEqual([1]);
});

test("LN3: what comes behind an event set aside is set aside as well, so the cursor goes on", () => {
  const lane = laneWith(stored(1, "a"));
  lane.start(9, 0);
  lane.failed(1, 500, "no");
  lane.offer([stored(2, "a"), stored(3, "b")]);
  expect(lane.start(9, 0).map((each) => each.position)).toEqual([3]);
  lane.handled(3);
  const taken = lane.takeProgress(0);
  expect(taken?.record.cursor).toBe(3);
  expect(taken?.record.waiting.map((each) => each.position)).toEqual([1, 2]);
});

test("LN1: a replayed event goes before those of its subject that have not started", () => {
  const lane = laneWith(stored(5, "a"), stored(6, "a"));
  const replayed = { partition: 0, position: 2, subject: "a", attempts: 0, dueInMs: 0 };
  lane.offerWaiting([replayed], 0);
  lane.offerWaiting([replayed], 0); // Known: not taken twice.
  const order: number[] = [];
  for (let rounds = 0; rounds < 3; rounds++) {
    for (const each of lane.start(9, 0)) {
      order.push(each.position);
      lane.handled(each.position);
    }
  }
  expect(order).toEqual([2, 5, 6]);
});

test("a lane with too many events set aside takes no more, so that a broken handler sets not all aside", () => {
  const lane = laneWith(stored(1, "a"), stored(2, "b"), stored(3, "c"));
  for (const each of lane.start(9, 0)) lane.failed(each.position, 100, "no");
  expect(lane.room).toBe(0);
  for (const each of lane.start(1, 100)) lane.handled(each.position);
  expect(lane.room).toBe(8);
});
