/**
 * Tells every open page what is new: the overview after each round, each event as it comes.
 *
 * @module
 */
import type { EventStream } from "./http/event-stream.ts";

export class LiveHub {
  readonly #streams = new Set<EventStream>();

  get count(): number {
    return this.#streams.size;
  }

  /** Joins a page until it goes. */
  join(stream: EventStream, signal: AbortSignal): void {
    this.#streams.add(stream);
    signal.addEventListener("abort", () => this.#streams.delete(stream), { once: true });
  }

  publish(event: string, value: unknown): void {
    for (const stream of this.#streams) stream.send(event, value);
  }
}
