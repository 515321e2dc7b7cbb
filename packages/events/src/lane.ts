/**
 * One partition of one group, as its present owner sees it: which event may be handled next, and how
 * far the group's cursor may move.
 *
 * A pure state machine: it reads nothing, waits for nothing, and takes the time as an argument.
 *
 * - LN1  At most one event of a subject is in flight, and events of a subject start in the order of
 *        their positions (a replayed one, being older, goes before those not yet started).
 * - LN2  The cursor passes an event only when it is handled, dead, or set aside; so nothing is skipped.
 * - LN3  A failed event holds up its own subject only.
 * - LN4  What {@link Lane.takeProgress} gave out and {@link Lane.restoreProgress} took back is given
 *        out again: a commit that failed loses nothing.
 *
 * @module
 */
import { invariant } from "@ashlar/foundation";
import type { Event } from "./event.ts";
import type {
  DeadUpdate,
  Progress,
  StoredEvent,
  WaitingEntry,
  WaitingUpdate,
} from "./stream-store.ts";

/** One event on its way through the lane. */
export interface LaneItem {
  readonly position: number;
  readonly subject: string;
  /** Deliveries that failed. */
  readonly attempts: number;
  /** Absent for one whose record among the waiting ones is certain: its body must be read again. */
  readonly event: Event | undefined;
}

type Phase = "queued" | "inFlight" | "handled" | "dead";

class Item implements LaneItem {
  readonly position: number;
  readonly subject: string;
  attempts: number;
  event: Event | undefined;
  phase: Phase = "queued";
  dueMs: number;
  error = "";
  /** Set aside: the cursor may pass it. */
  isWaiting: boolean;
  /** A record of it may exist among the waiting ones. */
  isRecorded: boolean;

  constructor(position: number, subject: string, dueMs: number, isWaiting: boolean) {
    this.position = position;
    this.subject = subject;
    this.attempts = 0;
    this.dueMs = dueMs;
    this.isWaiting = isWaiting;
    this.isRecorded = isWaiting;
  }
}

export interface LaneOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly cursor: number;
  /** Events held that are not set aside. */
  readonly windowMax: number;
  /** Events set aside at which no more are read: a broken handler must not set everything aside. */
  readonly waitingMax: number;
}

export class Lane {
  readonly partition: number;
  readonly epoch: number;
  readonly #options: LaneOptions;
  /** By subject, in order; the first is in flight or the next to be. */
  readonly #subjects = new Map<string, Item[]>();
  /** Read from the log and not yet passed by the cursor, in order. */
  #window: Item[] = [];
  #items = new Map<number, Item>();
  /** First of their subject and without a time to wait for. */
  #ready: Item[] = [];
  /** First of their subject, and due later. */
  readonly #delayed = new Set<Item>();
  #dirty = new Set<Item>();
  /** Settled, while a record of them may still lie among the waiting ones. */
  readonly #unconfirmed = new Set<number>();
  /**
   * Set aside by an earlier owner, and not yet read by this one: they take their turn when the reading
   * comes to them, or it would offer them a second time.
   */
  readonly #ahead = new Map<number, { readonly attempts: number; readonly dueMs: number }>();
  #cursor: number;
  #committedCursor: number;
  #readTo: number;
  #inFlightCount = 0;
  #waitingCount = 0;

  constructor(options: LaneOptions) {
    this.partition = options.partition;
    this.epoch = options.epoch;
    this.#options = options;
    this.#cursor = options.cursor;
    this.#committedCursor = options.cursor;
    this.#readTo = options.cursor;
  }

  /** The position after which to read on. */
  get readTo(): number {
    return this.#readTo;
  }

  get inFlightCount(): number {
    return this.#inFlightCount;
  }

  /** How many more events may be offered. */
  get room(): number {
    if (this.#waitingCount >= this.#options.waitingMax) return 0;
    return Math.max(0, this.#options.windowMax - this.#window.length);
  }

  /** Whether a commit would record anything. */
  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#cursor > this.#committedCursor;
  }

  /** Whether something could start now, were there a free handler. */
  hasReady(nowMs: number): boolean {
    return this.#ready.length > 0 || this.nextDueMs <= nowMs;
  }

  /** When the next delayed event becomes due; Infinity if none is delayed. */
  get nextDueMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const each of this.#delayed) least = Math.min(least, each.dueMs);
    return least;
  }

  /** Events read from the log after {@link readTo}, in order. */
  offer(events: readonly StoredEvent[]): void {
    for (const { position, event } of events) {
      invariant(position > this.#readTo, "events are offered in order, each once");
      this.#readTo = position;
      const ahead = this.#ahead.get(position);
      this.#ahead.delete(position);
      const item = new Item(position, event.subject, ahead?.dueMs ?? 0, ahead !== undefined);
      item.attempts = ahead?.attempts ?? 0;
      item.event = event;
      if (ahead !== undefined) this.#waitingCount++;
      this.#window.push(item);
      this.#items.set(position, item);
      const before = this.#subjects.get(event.subject);
      // LN3: behind one that waits, it waits as well, so that the cursor can go on.
      if (before?.at(-1)?.isWaiting === true) this.#setAside(item);
      this.#enqueue(item, before);
    }
    this.#advance();
  }

  /**
   * Events set aside earlier: at the start, and after a replay. Those known are left as they are, and
   * so are those that are settled here but still recorded there, which would be handled again.
   */
  offerWaiting(entries: readonly WaitingEntry[], nowMs: number): void {
    for (const entry of entries.toSorted((a, b) => a.position - b.position)) {
      const { position, attempts } = entry;
      if (this.#unconfirmed.has(position)) continue;
      const known = this.#items.get(position);
      if (known !== undefined) {
        known.isRecorded = true; // Perhaps by a replay: settling it must remove the record.
        continue;
      }
      if (position > this.#readTo) {
        this.#ahead.set(position, { attempts, dueMs: nowMs + entry.dueInMs });
        continue;
      }
      const item = new Item(entry.position, entry.subject, nowMs + entry.dueInMs, true);
      item.attempts = entry.attempts;
      this.#waitingCount++;
      this.#items.set(entry.position, item);
      this.#enqueue(item, this.#subjects.get(entry.subject));
    }
  }

  /** At most `limit` events to handle now; each is in flight until it is settled. */
  start(limit: number, nowMs: number): readonly LaneItem[] {
    for (const each of this.#delayed) {
      if (each.dueMs > nowMs) continue;
      this.#delayed.delete(each);
      this.#ready.push(each);
    }
    const started = this.#ready.splice(0, limit);
    for (const each of started) {
      each.phase = "inFlight";
      this.#inFlightCount++;
    }
    return started;
  }

  /** The handler settled. */
  handled(position: number): void {
    this.#settle(position, "handled");
  }

  /** The handler failed; another delivery may start at `dueMs`. */
  failed(position: number, dueMs: number, error: string): void {
    const item = this.#inFlight(position);
    this.#inFlightCount--;
    item.phase = "queued";
    item.attempts++;
    item.dueMs = dueMs;
    item.error = error;
    for (const each of this.#subjects.get(item.subject) ?? []) this.#setAside(each);
    this.#dirty.add(item);
    this.#delayed.add(item);
    this.#advance();
  }

  /** The handler failed for good: to the dead letters. */
  died(position: number, error: string): void {
    const item = this.#inFlight(position);
    item.attempts++;
    item.error = error;
    this.#settle(position, "dead");
  }

  /** The handler was not run, or not to its end, through no fault of the event. */
  returned(position: number): void {
    const item = this.#inFlight(position);
    this.#inFlightCount--;
    item.phase = "queued";
    this.#ready.push(item);
  }

  /** The body of one set aside is no longer there: somebody discarded it. */
  vanished(position: number): void {
    this.#settle(position, "handled");
  }

  /** What to commit; undefined if nothing has happened. Must be followed by `confirm` or `restore`. */
  takeProgress(nowMs: number): LaneProgress | undefined {
    if (!this.isDirty) return undefined;
    const waiting: WaitingUpdate[] = [];
    const settled: number[] = [];
    const dead: DeadUpdate[] = [];
    const items = this.#dirty;
    for (const item of items) {
      const { position, subject, attempts, error } = item;
      if (item.phase === "handled" || item.phase === "dead") {
        if (item.phase === "dead") dead.push({ position, attempts, error });
        if (item.isRecorded) settled.push(position);
      } else {
        waiting.push({
          position,
          subject,
          attempts,
          error,
          dueInMs: Math.max(0, item.dueMs - nowMs),
        });
        item.isRecorded = true; // Perhaps even if the commit seems to fail; removing it twice is harmless.
      }
    }
    this.#dirty = new Set();
    const { partition, epoch } = this;
    const record = { partition, epoch, cursor: this.#cursor, waiting, settled, dead };
    return { record, items };
  }

  confirmProgress(progress: LaneProgress): void {
    for (const each of progress.items as ReadonlySet<Item>) {
      if (each.phase === "handled" || each.phase === "dead") {
        // Settled after it was taken: its record goes with the next commit only.
        if (!this.#dirty.has(each)) this.#unconfirmed.delete(each.position);
      }
      if (each.isWaiting && each.phase === "queued") each.event = undefined; // It is safe elsewhere.
    }
    this.#committedCursor = Math.max(this.#committedCursor, progress.record.cursor);
  }

  restoreProgress(progress: LaneProgress): void {
    for (const each of progress.items) this.#dirty.add(each as Item);
  }

  #inFlight(position: number): Item {
    const item = this.#items.get(position);
    invariant(item?.phase === "inFlight", "only what is in flight can be settled");
    return item;
  }

  #settle(position: number, phase: "handled" | "dead"): void {
    const item = this.#inFlight(position);
    this.#inFlightCount--;
    item.phase = phase;
    item.event = undefined;
    if (item.isWaiting) this.#waitingCount--;
    if (item.isRecorded || phase === "dead") this.#dirty.add(item);
    if (item.isRecorded) this.#unconfirmed.add(position);
    this.#items.delete(position);
    const queue = this.#subjects.get(item.subject) ?? [];
    queue.shift();
    const next = queue[0];
    if (next === undefined) this.#subjects.delete(item.subject);
    else if (next.dueMs > 0) this.#delayed.add(next);
    else this.#ready.push(next);
    this.#advance();
  }

  /** LN1: behind all of its subject with lower positions, yet never before what is in flight. */
  #enqueue(item: Item, queue: Item[] | undefined): void {
    if (queue === undefined) {
      this.#subjects.set(item.subject, [item]);
      if (item.dueMs > 0) this.#delayed.add(item);
      else this.#ready.push(item);
      return;
    }
    const head = queue[0];
    let index = queue.length;
    while (index > 0 && (queue[index - 1]?.position ?? 0) > item.position) index--;
    if (index === 0 && head?.phase === "inFlight") index = 1;
    queue.splice(index, 0, item);
    if (index > 0 || head === undefined) return;
    // A replayed event overtakes the one that was to be next.
    this.#delayed.delete(head);
    this.#ready = this.#ready.filter((each) => each !== head);
    this.#delayed.add(item);
  }

  #setAside(item: Item): void {
    if (item.isWaiting) return;
    item.isWaiting = true;
    this.#waitingCount++;
    this.#dirty.add(item);
  }

  /** LN2. */
  #advance(): void {
    let passed = 0;
    for (const each of this.#window) {
      const isSettled = each.phase === "handled" || each.phase === "dead" || each.isWaiting;
      if (!isSettled) break;
      this.#cursor = each.position;
      passed++;
    }
    if (passed > 0) this.#window = this.#window.slice(passed);
  }
}

export interface LaneProgress {
  readonly record: Progress;
  /** The lane's own; see {@link Lane.restoreProgress}. */
  readonly items: ReadonlySet<LaneItem>;
}
