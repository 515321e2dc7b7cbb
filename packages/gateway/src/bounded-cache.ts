/**
 * Values that are worth keeping until a known time, at most so many of them.
 *
 * - GA1  Holds at most `entriesMax`; when full, the entry used longest ago goes.
 * - GA2  An entry is never returned at or after its `untilMs`.
 *
 * @module
 */
interface Entry<Value> {
  readonly value: Value;
  readonly untilMs: number;
}

export class BoundedCache<Value> {
  readonly #entriesMax: number;
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.untilMs <= nowMs) return undefined;
    this.#entries.set(key, entry); // A Map keeps insertion order, so this makes it the youngest.
    return entry.value;
  }

  set(key: string, value: Value, untilMs: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#entriesMax) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { value, untilMs });
  }

  clear(): void {
    this.#entries.clear();
  }
}
