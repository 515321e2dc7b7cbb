/**
 * Several values over the same moments, for a fixed number of moments: the newest overwrite the
 * oldest. One allocation at the start, none later.
 *
 * - CN5  A series set holds at most `capacity` points; times never go back.
 *
 * @module
 */
import { invariant } from "@ashlar/foundation";

export interface SeriesSlice<Field extends string> {
  /** Unix time in milliseconds, ascending. */
  readonly times: number[];
  /** Null where nothing was measured. */
  readonly values: Record<Field, (number | null)[]>;
}

export class SeriesSet<Field extends string> {
  readonly capacity: number;
  readonly fields: readonly Field[];
  readonly #times: Float64Array;
  readonly #columns: ReadonlyMap<Field, Float32Array>;
  #next = 0;
  #size = 0;

  constructor(fields: readonly Field[], capacity: number) {
    invariant(Number.isInteger(capacity) && capacity > 0, "a series' capacity is positive");
    this.fields = fields;
    this.capacity = capacity;
    this.#times = new Float64Array(capacity);
    this.#columns = new Map(fields.map((field) => [field, new Float32Array(capacity)]));
  }

  get size(): number {
    return this.#size;
  }

  /** Adds one moment. A time that is not after the last one is refused. */
  push(timeMs: number, point: Partial<Readonly<Record<Field, number | null>>>): boolean {
    if (this.#size > 0 && timeMs <= this.#timeAt(this.#size - 1)) return false;
    this.#times[this.#next] = timeMs;
    for (const [field, column] of this.#columns) column[this.#next] = point[field] ?? Number.NaN;
    this.#next = (this.#next + 1) % this.capacity;
    this.#size = Math.min(this.#size + 1, this.capacity);
    return true;
  }

  /** The newest value of a field; null where it was not measured. */
  last(field: Field): number | null {
    return this.#size === 0 ? null : this.#valueAt(field, this.#size - 1);
  }

  /** The points since `sinceMs`, of some fields. */
  slice(fields: readonly Field[], sinceMs = 0): SeriesSlice<Field> {
    let first = 0;
    while (first < this.#size && this.#timeAt(first) < sinceMs) first++;
    const times: number[] = [];
    for (let at = first; at < this.#size; at++) times.push(this.#timeAt(at));
    const values = {} as Record<Field, (number | null)[]>;
    for (const field of fields) {
      values[field] = times.map((_, offset) => this.#valueAt(field, first + offset));
    }
    return { times, values };
  }

  /** The newest `count` values of a field, padded in front with null. */
  tail(field: Field, count: number): (number | null)[] {
    return Array.from({ length: count }, (_, index) => {
      const at = this.#size - count + index;
      return at < 0 ? null : this.#valueAt(field, at);
    });
  }

  #slot(at: number): number {
    return (this.#next - this.#size + at + this.capacity) % this.capacity;
  }

  #timeAt(at: number): number {
    return this.#times[this.#slot(at)] ?? 0;
  }

  #valueAt(field: Field, at: number): number | null {
    const value = this.#columns.get(field)?.[this.#slot(at)] ?? Number.NaN;
    return Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
  }
}
