/**
 * Keeps the newest items of an endless sequence, within a count and a number of bytes.
 *
 * - CN4  At any time `size <= countMax` and `bytes <= bytesMax`; the oldest go first.
 *
 * @module
 */
import { invariant } from "@ashlar/foundation";

export interface RingLimits<Item> {
  readonly countMax: number;
  readonly bytesMax: number;
  /** What one item costs; an estimate is enough, but it must not change. */
  readonly sizeOf: (item: Item) => number;
}

export class Ring<Item> {
  readonly #limits: RingLimits<Item>;
  #items: Item[] = [];
  /** Index of the oldest item: what lies before it has left and waits for compaction. */
  #head = 0;
  #bytes = 0;
  #evicted = 0;

  constructor(limits: RingLimits<Item>) {
    invariant(limits.countMax > 0 && limits.bytesMax > 0, "a ring's limits are positive");
    this.#limits = limits;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many items have left to make room, or were too large to enter. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Adds the newest item. One that is larger than the whole ring is refused, and counted. */
  push(item: Item): boolean {
    const size = this.#limits.sizeOf(item);
    if (size > this.#limits.bytesMax) {
      this.#evicted++;
      return false;
    }
    this.#items.push(item);
    this.#bytes += size;
    while (this.size > this.#limits.countMax || this.#bytes > this.#limits.bytesMax) this.shift();
    return true;
  }

  /** Takes the oldest item out. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head] as Item;
    this.#head++;
    this.#bytes -= this.#limits.sizeOf(item);
    this.#evicted++;
    if (this.#head > 256 && this.#head * 2 > this.#items.length) this.#compact();
    return item;
  }

  /** Removes every item for which `predicate` holds; says how many. */
  remove(predicate: (item: Item) => boolean): number {
    const kept = this.items().filter((item) => !predicate(item));
    const removed = this.size - kept.length;
    this.#items = kept;
    this.#head = 0;
    this.#bytes = kept.reduce((sum, item) => sum + this.#limits.sizeOf(item), 0);
    return removed;
  }

  /** Oldest first. */
  items(): Item[] {
    return this.#items.slice(this.#head);
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
