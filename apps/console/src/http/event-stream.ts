/**
 * Server-sent events that a slow reader cannot turn into a growing buffer.
 *
 * - CN19  At most `streamsMax` streams are open, and at most `bufferedBytesMax` wait for a reader.
 *         What does not fit is left out; the reader is told how many (`skipped`) once it fits.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import { OverloadedError } from "../errors.ts";

const bufferedBytesMax = 512 * 1024;
export const streamsMax = 32;

export class EventStreams {
  readonly #open = new Set<EventStream>();

  get count(): number {
    return this.#open.size;
  }

  /** @throws {OverloadedError} when `streamsMax` are open. */
  open(response: ServerResponse): EventStream {
    if (this.#open.size >= streamsMax) throw new OverloadedError(`${streamsMax} open streams`);
    const stream = new EventStream(response);
    this.#open.add(stream);
    response.once("close", () => this.#open.delete(stream));
    return stream;
  }

  /** Ends every stream, so that the server can close. */
  close(): void {
    for (const stream of this.#open) stream.end();
  }
}

export class EventStream {
  readonly #response: ServerResponse;
  #skipped = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.statusCode = 200;
    response.setHeader("content-type", "text/event-stream; charset=utf-8");
    response.setHeader("x-accel-buffering", "no");
    response.flushHeaders();
    // Browsers wait three seconds by default; a restarted console is back sooner.
    response.write("retry: 1000\n\n");
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** Sends one event, or leaves it out when the reader is too far behind. */
  send(event: string, value: unknown): boolean {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return false;
    if (response.writableLength > bufferedBytesMax) {
      this.#skipped++;
      return false;
    }
    if (this.#skipped > 0) {
      response.write(`event: skipped\ndata: ${this.#skipped}\n\n`);
      this.#skipped = 0;
    }
    response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
    return true;
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }
}
