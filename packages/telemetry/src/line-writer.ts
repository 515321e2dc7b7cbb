/**
 * Writes lines to a file descriptor without ever blocking, throwing or growing without bound.
 *
 * A lone line leaves at once. Lines that follow closely on a write are gathered for a moment and
 * leave together, so a busy program makes few system calls.
 *
 * - TEL3  Nothing that the descriptor does (full disk, reader gone, slow reader) reaches the
 *         caller: lines are dropped and counted.
 * - TEL4  At most `bytesMax` wait in memory; later lines are dropped and counted.
 *
 * @module
 */
import { write } from "node:fs";
import type { Clock } from "@ashlar/foundation";

type LineDropReason = "buffer_full" | "write_failed";

export interface LineWriterOptions {
  readonly fd: number;
  readonly clock: Clock;
  /** Bytes that may wait for the descriptor. Default 1 MiB. */
  readonly bytesMax?: number;
  /** Told how many lines were dropped, and why. */
  readonly onDrop: (lines: number, reason: LineDropReason) => void;
}

/** How long lines are gathered when the last ones left less than this ago. */
const gatherMs = 4;

/** Wait before a descriptor that is full for the moment is tried again. */
const busyWaitMs = 20;

export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #bytesMax: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  /** Set while a write is under way. */
  #writing: Promise<void> | undefined;
  /** Aborted by a flush: what is gathered leaves now. */
  #hurry = new AbortController();
  #wroteAtMs = Number.NEGATIVE_INFINITY;
  /** The reader is gone for good: every further line is dropped at once. */
  #broken = false;
  /** A failed write left half a line: the next one begins with a newline. */
  #torn = false;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? 2 ** 20;
  }

  /** Takes one line, with its newline. Never throws, never blocks. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#broken) return this.#options.onDrop(1, "write_failed");
    if (this.#waitingBytes + bytes > this.#bytesMax) {
      return this.#options.onDrop(1, "buffer_full");
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#writing ??= this.#drain();
  }

  /** Settles when everything has been written or dropped, or the signal is aborted. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#hurry.abort();
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#writing, aborted]);
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // Lines of the same turn leave together.
    while (this.#waiting.length > 0) {
      await this.#gather();
      const lines = this.#waiting;
      const bytes = this.#waitingBytes;
      this.#waiting = [];
      const buffer = Buffer.from((this.#torn ? "\n" : "") + lines.join(""));
      const failed = await this.#writeAll(buffer);
      this.#wroteAtMs = this.#options.clock.monotonicMs();
      this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes);
      if (failed !== undefined) this.#options.onDrop(lines.length, "write_failed");
      if (failed === "EPIPE" || failed === "EBADF") this.#breakOff();
    }
    this.#writing = undefined;
    this.#hurry = new AbortController();
  }

  async #gather(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#wroteAtMs >= gatherMs) return;
    await clock.sleep(gatherMs, this.#hurry.signal).catch(() => undefined); // Hurried: go on.
  }

  #breakOff(): void {
    this.#broken = true;
    if (this.#waiting.length > 0) this.#options.onDrop(this.#waiting.length, "write_failed");
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** @returns the error's code if not all could be written. */
  async #writeAll(buffer: Buffer): Promise<string | undefined> {
    let left = buffer;
    while (left.length > 0) {
      const { code, written } = await writeSome(this.#options.fd, left);
      left = left.subarray(written);
      if (code === "EAGAIN" || code === "EBUSY") {
        await this.#options.clock.sleep(busyWaitMs, new AbortController().signal);
      } else if (code !== undefined && code !== "EINTR") {
        this.#torn = left.length < buffer.length || this.#torn;
        return code;
      }
    }
    this.#torn = false;
    return undefined;
  }
}

interface Written {
  readonly written: number;
  readonly code?: string;
}

function writeSome(fd: number, buffer: Buffer): Promise<Written> {
  return new Promise((resolve) => {
    write(fd, buffer, (error, written) => {
      if (error === null) resolve({ written });
      else resolve({ written: 0, code: error.code ?? "EIO" });
    });
  });
}
