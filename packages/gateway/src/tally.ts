/**
 * Counts events in this process and hands them to the real counter when somebody looks.
 *
 * A request counts several times; finding the right series costs more than the counting.
 *
 * @module
 */
import type { Labels } from "@ashlar/foundation";
import type { GatewayCounter, LabelsOf } from "./telemetry.ts";

interface Entry<L extends Labels> {
  readonly labels: LabelsOf<L>;
  count: number;
}

export class Tally<L extends Labels> {
  readonly #counter: GatewayCounter<L>;
  readonly #entries = new Map<string, Entry<L>>();

  constructor(counter: GatewayCounter<L>) {
    this.#counter = counter;
  }

  /** `key` stands for `labels`: equal keys, equal labels. Their number is bounded by the labels. */
  add(key: string, labels: () => LabelsOf<L>): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { labels: labels(), count: 1 });
    else entry.count += 1;
  }

  flush(): void {
    for (const entry of this.#entries.values()) {
      if (entry.count > 0) this.#counter.add(entry.labels, entry.count);
      entry.count = 0;
    }
  }
}
