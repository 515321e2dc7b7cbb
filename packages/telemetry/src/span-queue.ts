/**
 * Finished spans on their way to the collector: bounded, in batches, one delivery at a time.
 *
 * - TEL16 At most `capacity` spans wait; later ones are dropped and counted. A collector that is
 *        slow, refuses or is gone costs spans, never time or memory of the program.
 * - TEL17 Closing delivers what waits, within a bounded time.
 *
 * @module
 */
import { type Clock, hasCode, type Log } from "@ashlar/foundation";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { SpanExportError } from "./errors.ts";
import { otlpTraces, type ResourceAttributes, type SpanTransport } from "./otlp.ts";

type SpanDropReason = "buffer_full" | "export_failed";

export interface SpanQueueOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly resource: ResourceAttributes;
  readonly transport: SpanTransport;
  readonly onDrop: (spans: number, reason: SpanDropReason) => void;
  /** Spans that may wait. Default 2048. */
  readonly capacity?: number;
}

const batchSpansMax = 256;
/** How long a span may wait for company. */
const gatherMs = 1_000;
const exportTimeoutMs = 5_000;
const closeTimeoutMs = 1_500;

export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #capacity: number;
  readonly #closing = new AbortController();
  #waiting: ReadableSpan[] = [];
  #delivering: Promise<void> | undefined;
  #failing = false;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 2_048;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & 1) === 0) return;
    if (this.#waiting.length >= this.#capacity) return this.#options.onDrop(1, "buffer_full");
    this.#waiting.push(span);
    this.#delivering ??= this.#deliver();
  }

  async forceFlush(): Promise<void> {
    await this.#delivering;
  }

  /** Delivers what waits without gathering any more. Never rejects. */
  async shutdown(): Promise<void> {
    this.#closing.abort(new SpanExportError("closing"));
    await this.#delivering;
  }

  async #deliver(): Promise<void> {
    const { clock } = this.#options;
    const closing = this.#closing.signal;
    await clock.sleep(gatherMs, closing).catch(() => undefined);
    while (this.#waiting.length > 0) {
      await this.#export(this.#waiting.splice(0, batchSpansMax));
      // After a refusal the next batch waits, so that a dead collector is not called in a loop.
      if (this.#failing) await clock.sleep(gatherMs, closing).catch(() => undefined);
      if (this.#failing && closing.aborted) break;
    }
    this.#delivering = undefined;
  }

  async #export(spans: readonly ReadableSpan[]): Promise<void> {
    const { clock, log, resource, transport, onDrop } = this.#options;
    const timeout = new AbortController();
    const done = new AbortController();
    const limitMs = this.#closing.signal.aborted ? closeTimeoutMs : exportTimeoutMs;
    clock.sleep(limitMs, done.signal).then(
      () => timeout.abort(new SpanExportError(`no answer within ${limitMs} ms`)),
      () => undefined,
    );
    try {
      await transport(otlpTraces(resource, spans), timeout.signal);
      if (this.#failing) log.info("spans are exported again");
      this.#failing = false;
    } catch (error) {
      onDrop(spans.length, "export_failed");
      // Told once, not with every batch: the counter tells how many.
      if (!this.#failing) log.warn("spans cannot be exported", { reason: reasonOf(error) });
      this.#failing = true;
    } finally {
      done.abort(new SpanExportError("done"));
    }
  }
}

function reasonOf(error: unknown): string {
  if (hasCode(error, "SPAN_EXPORT_FAILED")) return error.message;
  return error instanceof Error ? error.message : String(error);
}
