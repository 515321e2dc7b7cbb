/**
 * Moves events from an outbox to the stream, in order, for as long as the program runs.
 *
 * - ERL1  An event leaves the outbox only after the stream has it, or has refused it for good.
 * - ERL2  One refused event does not hold up those behind it.
 * - ERL3  An outage of either side ends nothing: the relay backs off and goes on.
 *
 * @module
 */
import {
  type Backoff,
  backoffMs,
  describeError,
  type Environment,
  type Log,
  silentLog,
} from "@ashlar/foundation";
import type { Event } from "./event.ts";
import type { OutboxSource, RefusedEvent } from "./outbox.ts";
import { Pulse } from "./pulse.ts";
import { isRefusal } from "./stored-stream.ts";
import type { EventStream } from "./stream.ts";

export interface RelayOptions {
  readonly source: OutboxSource;
  readonly stream: Pick<EventStream, "publish" | "name">;
  readonly environment: Environment;
  readonly log?: Log;
  /** Events moved at once. Default 500. */
  readonly batch?: number;
  /** How often to look where no wake-up arrives. Default 1 s. */
  readonly pollMs?: number;
  /** Told how many events were moved; for metrics. */
  readonly onMoved?: (count: number) => void;
}

const outageBackoff: Backoff = { initialMs: 50, maxMs: 5_000 };

/** A running relay. Closing it finishes the batch under way. */
export class OutboxRelay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #log: Log;
  readonly #pulse = new Pulse();
  readonly #stop = new AbortController();
  readonly #finished: Promise<void>;

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#log = (options.log ?? silentLog).with({ stream: options.stream.name });
    this.#finished = this.#run();
  }

  /** Starts at once. */
  static open(options: RelayOptions): OutboxRelay {
    return new OutboxRelay(options);
  }

  close(): Promise<void> {
    this.#stop.abort();
    this.#pulse.set();
    return this.#finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { source, environment, batch = 500, pollMs = 1_000 } = this.#options;
    using _subscription = source.subscribe(() => this.#pulse.set());
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      let waitMs = 0;
      try {
        const moved = await source.drain(
          batch,
          (events) => this.#publish(events),
          this.#stop.signal,
        );
        failures = 0;
        if (moved > 0) this.#options.onMoved?.(moved);
        if (moved < batch) waitMs = pollMs;
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        failures++;
        waitMs = backoffMs(outageBackoff, failures, environment.entropy.fraction());
        const reason = describeError(error);
        this.#log.warn("events cannot be moved to the stream", { reason, waitMs });
      }
      await this.#pulse.wait(waitMs, environment.clock);
    }
  }

  async #publish(events: readonly Event[]): Promise<readonly RefusedEvent[]> {
    try {
      await this.#options.stream.publish(events);
      return [];
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    // ERL2: the batch holds at least one that the stream will never take; find out which.
    const refused: RefusedEvent[] = [];
    for (const event of events) {
      try {
        await this.#options.stream.publish([event]);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused.push({ event, error: error.message });
        const { key, type } = event;
        this.#log.error("the stream refused an event; it is kept aside", {
          key,
          type,
          reason: error.message,
        });
      }
    }
    return refused;
  }
}
