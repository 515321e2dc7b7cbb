/**
 * One member of a group: holds leases of partitions, reads ahead, runs handlers side by side, and
 * records progress, over any {@link StreamStore}.
 *
 * One loop does all reading and writing; handlers run beside it and only tell their {@link Lane} how
 * they ended. Many ends between two turns of the loop are recorded in one commit.
 *
 * - EGC1  Nothing starts in a partition whose lease may have run out.
 * - EGC2  An outage of the store ends nothing: the loop backs off and goes on.
 * - EGC3  Closing starts nothing new, waits for what is in flight (at most `graceMs`), records it, and
 *        gives every partition back.
 *
 * @module
 */
import {
  type Backoff,
  backoffMs,
  describeError,
  type Environment,
  type Log,
} from "@ashlar/foundation";
import {
  EventConsumerStoppedError,
  EventHandlerTimeoutError,
  EventLeaseLostError,
  EventRejectedError,
} from "./errors.ts";
import type { Event } from "./event.ts";
import { Lane, type LaneItem } from "./lane.ts";
import { Pulse } from "./pulse.ts";
import type { Consumer, DeliveryOutcome, EventHandler } from "./stream.ts";
import type { AcquiredLease, Lease, StreamStore, SweepLimits, WakeHint } from "./stream-store.ts";

export interface GroupConsumerOptions {
  readonly store: StreamStore;
  readonly environment: Environment;
  readonly log: Log;
  readonly group: string;
  readonly handler: EventHandler;
  readonly concurrency: number;
  readonly maxDeliveries: number;
  readonly backoff: Backoff;
  readonly handlerTimeoutMs: number;
  readonly graceMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly sweepLimits: SweepLimits;
  readonly onDelivery: ((outcome: DeliveryOutcome) => void) | undefined;
}

interface Flight {
  readonly lane: Lane;
  readonly item: LaneItem;
  readonly event: Event;
  readonly startedMs: number;
  readonly controller: AbortController;
}

const storeBackoff: Backoff = { initialMs: 100, maxMs: 5_000 };
const laneLimits = { windowMax: 64, waitingMax: 1_000 };
const sweepEveryMs = 600_000;

export class GroupConsumer implements Consumer {
  readonly group: string;
  readonly finished: Promise<void>;
  readonly #options: GroupConsumerOptions;
  readonly #member: string;
  readonly #pulse = new Pulse();
  readonly #lanes = new Map<number, Lane>();
  /** Lanes that start nothing more because another member should have their partition. */
  readonly #retiring = new Set<Lane>();
  /** Leases whose waiting events have not been read yet. */
  #acquired: readonly AcquiredLease[] = [];
  readonly #flights = new Set<Flight>();
  #isStopping = false;
  #mayHaveEvents = true;
  #mayHaveWaiting = false;
  #renewAtMs = 0;
  #leaseEndsMs = 0;
  #pollAtMs = 0;
  #sweepAtMs: number;
  #failures = 0;
  #turn = 0;

  constructor(options: GroupConsumerOptions) {
    this.group = options.group;
    this.#options = options;
    this.#member = options.environment.entropy.uuid();
    this.#sweepAtMs = options.environment.clock.monotonicMs() + sweepEveryMs;
    this.finished = this.#run();
  }

  get partitions(): readonly number[] {
    return [...this.#lanes.keys()].toSorted((a, b) => a - b);
  }

  close(): Promise<void> {
    this.#isStopping = true;
    this.#pulse.set();
    return this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { store, environment, log } = this.#options;
    using _subscription = store.subscribe((hint) => this.#onHint(hint));
    while (!this.#isStopping) {
      let waitMs: number;
      try {
        await this.#step();
        this.#failures = 0;
        waitMs = this.#idleMs();
      } catch (error) {
        this.#failures++;
        waitMs = backoffMs(storeBackoff, this.#failures, environment.entropy.fraction());
        const reason = describeError(error);
        log.warn("events cannot be read or recorded", { group: this.group, reason, waitMs });
      }
      await this.#pulse.wait(waitMs, environment.clock);
    }
    await this.#drain();
  }

  #onHint(hint: WakeHint): void {
    if (hint === "events") this.#mayHaveEvents = true;
    if (hint === "waiting") this.#mayHaveWaiting = true;
    if (hint === "group") this.#renewAtMs = 0;
    this.#pulse.set();
  }

  async #step(): Promise<void> {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#pollAtMs) {
      this.#mayHaveEvents = true;
      this.#mayHaveWaiting = true;
      this.#pollAtMs = nowMs + this.#options.pollMs;
    }
    this.#expireFlights();
    if (nowMs >= this.#renewAtMs) await this.#renew();
    if (this.#acquired.length > 0) await this.#openLanes();
    await this.#commit();
    await this.#releaseRetired();
    if (this.#mayHaveWaiting) await this.#readWaiting();
    if (this.#mayHaveEvents) await this.#read();
    await this.#start();
    if (nowMs >= this.#sweepAtMs) await this.#sweep();
  }

  /** How long the loop may wait for a pulse. */
  #idleMs(): number {
    const nowMs = this.#nowMs();
    let wakeAtMs = Math.min(this.#renewAtMs, this.#pollAtMs);
    const [oldest] = this.#flights;
    if (oldest !== undefined) {
      wakeAtMs = Math.min(wakeAtMs, oldest.startedMs + this.#options.handlerTimeoutMs);
    }
    const canStart = this.#flights.size < this.#options.concurrency;
    for (const lane of this.#lanes.values()) {
      if (lane.isDirty) return 0;
      if (this.#retiring.has(lane)) continue;
      if (this.#mayHaveEvents && lane.room > 0) return 0;
      if (!canStart) continue;
      if (lane.hasReady(nowMs)) return 0;
      wakeAtMs = Math.min(wakeAtMs, lane.nextDueMs);
    }
    return Math.max(0, wakeAtMs - nowMs);
  }

  async #renew(): Promise<void> {
    const { store, leaseMs } = this.#options;
    const askedMs = this.#nowMs();
    this.#renewAtMs = askedMs + leaseMs / 3;
    const held: Lease[] = [...this.#lanes.values(), ...this.#acquired].map(leaseOf);
    const renewal = await store
      .renew({ group: this.group, member: this.#member, leaseMs, held })
      .catch((error: unknown) => {
        this.#renewAtMs = 0; // Again, as soon as the store answers.
        throw error;
      });
    this.#leaseEndsMs = askedMs + leaseMs;
    const kept = new Set(renewal.held.map((each) => each.partition));
    for (const lane of this.#lanes.values()) if (!kept.has(lane.partition)) this.#lose(lane);
    this.#acquired = [
      ...this.#acquired.filter((each) => kept.has(each.partition)),
      ...renewal.acquired,
    ];
    const excess = kept.size - renewal.fairShare;
    const candidates = [...this.#lanes.values()].toSorted((a, b) => b.partition - a.partition);
    this.#retiring.clear();
    for (const lane of candidates.slice(0, Math.max(0, excess))) this.#retiring.add(lane);
  }

  async #openLanes(): Promise<void> {
    const partitions = this.#acquired.map((each) => each.partition);
    const waiting = await this.#options.store.listWaiting(this.group, partitions);
    for (const { partition, epoch, cursor } of this.#acquired) {
      const lane = new Lane({ partition, epoch, cursor, ...laneLimits });
      const entries = waiting.filter((each) => each.partition === partition);
      lane.offerWaiting(entries, this.#nowMs());
      this.#lanes.set(partition, lane);
    }
    this.#acquired = [];
    this.#mayHaveEvents = true;
  }

  async #commit(): Promise<void> {
    const nowMs = this.#nowMs();
    const parts = [...this.#lanes.values()].flatMap((lane) => {
      const progress = lane.takeProgress(nowMs);
      return progress === undefined ? [] : [{ lane, progress }];
    });
    if (parts.length === 0) return;
    let lost: readonly number[];
    try {
      const all = parts.map(({ progress }) => progress.record);
      lost = await this.#options.store.commit(this.group, all);
    } catch (error) {
      for (const { lane, progress } of parts) lane.restoreProgress(progress);
      throw error;
    }
    for (const { lane, progress } of parts) {
      if (lost.includes(lane.partition)) this.#lose(lane);
      else lane.confirmProgress(progress);
    }
  }

  async #releaseRetired(): Promise<void> {
    const idle = [...this.#retiring].filter((lane) => lane.inFlightCount === 0 && !lane.isDirty);
    if (idle.length === 0) return;
    for (const lane of idle) {
      this.#retiring.delete(lane);
      this.#lanes.delete(lane.partition);
    }
    await this.#options.store.release(this.group, this.#member, idle.map(leaseOf));
  }

  async #readWaiting(): Promise<void> {
    if (this.#lanes.size === 0) return;
    this.#mayHaveWaiting = false;
    const entries = await this.#options.store.listWaiting(this.group, [...this.#lanes.keys()]);
    for (const lane of this.#lanes.values()) {
      lane.offerWaiting(
        entries.filter((each) => each.partition === lane.partition),
        this.#nowMs(),
      );
    }
  }

  async #read(): Promise<void> {
    const active = [...this.#lanes.values()].filter((lane) => !this.#retiring.has(lane));
    const open = active.filter((lane) => lane.room > 0);
    if (open.length === 0) return;
    this.#mayHaveEvents = false;
    const ranges = open.map((lane) => ({
      partition: lane.partition,
      after: lane.readTo,
      limit: lane.room,
    }));
    let events: Awaited<ReturnType<StreamStore["read"]>>;
    try {
      events = await this.#options.store.read(ranges);
    } catch (error) {
      this.#mayHaveEvents = true;
      throw error;
    }
    for (const [index, lane] of open.entries()) {
      const own = events.filter((each) => each.partition === lane.partition);
      if (own.length === ranges[index]?.limit) this.#mayHaveEvents = true;
      lane.offer(own);
    }
    if (open.length < active.length) this.#mayHaveEvents = true;
  }

  /** Starts what is ready, as far as there are free handlers. */
  async #start(): Promise<void> {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#leaseEndsMs) return; // EGC1
    const lanes = [...this.#lanes.values()];
    const bodiless: { readonly lane: Lane; readonly item: LaneItem }[] = [];
    this.#turn++;
    for (const index of lanes.keys()) {
      // Each time another one first, so that a busy partition cannot starve the others.
      const lane = lanes[(index + this.#turn) % lanes.length];
      const free = this.#options.concurrency - this.#flights.size - bodiless.length;
      if (lane === undefined || this.#retiring.has(lane) || free <= 0) continue;
      for (const item of lane.start(free, nowMs)) {
        if (item.event === undefined) bodiless.push({ lane, item });
        else this.#fly(lane, item, item.event);
      }
    }
    if (bodiless.length > 0) await this.#startWaiting(bodiless);
  }

  async #startWaiting(
    waiting: readonly { readonly lane: Lane; readonly item: LaneItem }[],
  ): Promise<void> {
    const positions = waiting.map(({ item }) => item.position);
    let found: Awaited<ReturnType<StreamStore["readWaiting"]>>;
    try {
      found = await this.#options.store.readWaiting(this.group, positions);
    } catch (error) {
      for (const { lane, item } of waiting) lane.returned(item.position);
      throw error;
    }
    const bodies = new Map(found.map((each) => [each.position, each.event]));
    for (const { lane, item } of waiting) {
      const event = bodies.get(item.position);
      if (event === undefined) lane.vanished(item.position);
      else this.#fly(lane, item, event);
    }
  }

  #fly(lane: Lane, item: LaneItem, event: Event): void {
    const controller = new AbortController();
    const flight: Flight = { lane, item, event, startedMs: this.#nowMs(), controller };
    this.#flights.add(flight);
    const delivery = {
      group: this.group,
      attempt: item.attempts + 1,
      position: item.position,
      signal: controller.signal,
    };
    // Called in a promise, so that a handler that throws at once is like one that rejects.
    void (async () => await this.#options.handler(event, delivery))().then(
      () => this.#land(flight, undefined),
      (error: unknown) => this.#land(flight, { error }),
    );
  }

  #land(flight: Flight, failure: { readonly error: unknown } | undefined): void {
    if (!this.#flights.delete(flight)) return; // Its time ran out before.
    const { lane, item } = flight;
    if (this.#lanes.get(lane.partition) !== lane) {
      this.#report(flight, "abandoned", failure);
    } else if (failure === undefined) {
      lane.handled(item.position);
      this.#report(flight, "handled", undefined);
    } else if (flight.controller.signal.reason instanceof EventConsumerStoppedError) {
      lane.returned(item.position);
      this.#report(flight, "abandoned", failure);
    } else {
      this.#fail(flight, failure);
    }
    this.#pulse.set();
  }

  #fail(flight: Flight, failure: { readonly error: unknown }): void {
    const { lane, item, event } = flight;
    const { maxDeliveries, backoff, environment, log } = this.#options;
    const attempts = item.attempts + 1;
    const reason = describeError(failure.error).slice(0, 2_000);
    const fields = { group: this.group, key: event.key, type: event.type, attempts, reason };
    if (attempts >= maxDeliveries || failure.error instanceof EventRejectedError) {
      lane.died(item.position, reason);
      log.error("event became a dead letter", fields);
      this.#report(flight, "dead", failure);
      return;
    }
    const waitMs = backoffMs(backoff, attempts, environment.entropy.fraction());
    lane.failed(item.position, this.#nowMs() + waitMs, reason);
    log.warn("event failed and will be delivered again", { ...fields, waitMs });
    this.#report(flight, "retry", failure);
  }

  /** Flights have one limit and start in order, so the first that is in time ends the search. */
  #expireFlights(): void {
    const limitMs = this.#options.handlerTimeoutMs;
    for (const flight of this.#flights) {
      if (this.#nowMs() < flight.startedMs + limitMs) return;
      const error = new EventHandlerTimeoutError(flight.event.key, limitMs);
      flight.controller.abort(error);
      this.#land(flight, { error });
    }
  }

  #lose(lane: Lane): void {
    const { store, log } = this.#options;
    this.#lanes.delete(lane.partition);
    this.#retiring.delete(lane);
    const reason = new EventLeaseLostError(store.name, this.group, lane.partition);
    for (const flight of this.#flights) if (flight.lane === lane) flight.controller.abort(reason);
    log.warn("a partition was lost to another consumer", {
      group: this.group,
      partition: lane.partition,
    });
  }

  async #sweep(): Promise<void> {
    this.#sweepAtMs = this.#nowMs() + sweepEveryMs;
    // One member of the group is enough, and each partition has one holder.
    if (this.#lanes.has(0)) await this.#options.store.sweep(this.#options.sweepLimits);
  }

  /** EGC3. */
  async #drain(): Promise<void> {
    const { store, environment, graceMs, log } = this.#options;
    const endsMs = this.#nowMs() + graceMs;
    while (this.#flights.size > 0 && this.#nowMs() < endsMs) {
      this.#expireFlights();
      await this.#pulse.wait(endsMs - this.#nowMs(), environment.clock);
    }
    const reason = new EventConsumerStoppedError(store.name, this.group);
    for (const flight of this.#flights) flight.controller.abort(reason);
    try {
      await this.#commit();
      await store.release(this.group, this.#member);
    } catch (error) {
      // The leases run out by themselves; what is not recorded is delivered again.
      const reason = describeError(error);
      log.warn("a consumer could not record its last events", { group: this.group, reason });
    }
  }

  #report(
    { event, item, startedMs }: Flight,
    outcome: DeliveryOutcome["outcome"],
    failure: { readonly error: unknown } | undefined,
  ): void {
    this.#options.onDelivery?.({
      group: this.group,
      event,
      // The lane has counted a failure already.
      attempt: outcome === "retry" || outcome === "dead" ? item.attempts : item.attempts + 1,
      outcome,
      durationMs: this.#nowMs() - startedMs,
      ...(failure === undefined ? {} : { error: failure.error }),
    });
  }

  #nowMs(): number {
    return this.#options.environment.clock.monotonicMs();
  }
}

function leaseOf({ partition, epoch }: Lease): Lease {
  return { partition, epoch };
}
