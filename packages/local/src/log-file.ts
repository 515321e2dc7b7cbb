/**
 * One log file with a limit on its size and on how many older ones are kept.
 *
 * - LF1  The file and its older ones together never take more than `(count + 1) * bytesMax`, but for
 *        one line.
 * - LF2  Writing never blocks, slows or fails its caller: what cannot be written is dropped and
 *        counted, the fault is told once, and writing resumes when it can.
 * - LF3  Lines stand in the file in the order in which they were given.
 *
 * @module
 */
import { open, rename, rm } from "node:fs/promises";
import type { Clock } from "@ashlar/foundation";

/** What the log needs of a disk; a test gives one that is full. */
export interface LogDisk {
  /** Opens for appending; tells the present size. */
  open(path: string): Promise<LogHandle>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface LogHandle {
  readonly sizeBytes: number;
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface LogLimits {
  /** Size at which the file is put aside. */
  readonly bytesMax: number;
  /** How many of those put aside are kept, as `<file>.1` (the newest) and on. */
  readonly count: number;
  /** Text waiting to be written beyond which lines are dropped. */
  readonly pendingBytesMax: number;
}

export const logLimits: LogLimits = {
  bytesMax: 8 * 2 ** 20,
  count: 3,
  pendingBytesMax: 4 * 2 ** 20,
};

/** Between two attempts on a disk that refuses. */
const retryMs = 1_000;

export interface LogFileOptions {
  readonly path: string;
  readonly disk: LogDisk;
  readonly limits: LogLimits;
  readonly clock: Clock;
  /** Told once when lines begin to be dropped. */
  readonly onTrouble: (error: unknown) => void;
  /** Told once when lines are written again. */
  readonly onResumed: (dropped: number) => void;
}

export class LogFile implements AsyncDisposable {
  readonly #options: LogFileOptions;
  #handle: LogHandle | undefined;
  #sizeBytes = 0;
  #pending = "";
  #dropped = 0;
  #retryAtMs = 0;
  #writing: Promise<void> | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Lines dropped since the disk began to refuse; 0 while all is well. */
  get droppedCount(): number {
    return this.#dropped;
  }

  append(text: string): void {
    const { limits, clock } = this.#options;
    const resting = this.#dropped > 0 && clock.monotonicMs() < this.#retryAtMs;
    if (resting || this.#pending.length + text.length > limits.pendingBytesMax) {
      this.#drop(1, undefined);
      return;
    }
    this.#pending += text;
    this.#writing ??= this.#write();
  }

  /** Settles when everything given so far is written or dropped. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #write(): Promise<void> {
    while (this.#pending !== "") {
      const text = this.#pending;
      this.#pending = "";
      try {
        await this.#writeBatch(text);
        this.#resume();
      } catch (error) {
        await this.#handle?.close().catch(() => undefined);
        this.#handle = undefined;
        this.#drop(text.split("\n").length - 1, error);
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(text: string): Promise<void> {
    const { path, disk, limits } = this.#options;
    if (this.#handle === undefined) {
      this.#handle = await disk.open(path);
      this.#sizeBytes = this.#handle.sizeBytes;
    }
    for (const piece of piecesOf(text, limits.bytesMax)) {
      const bytes = Buffer.byteLength(piece);
      if (this.#sizeBytes > 0 && this.#sizeBytes + bytes > limits.bytesMax) await this.#rotate();
      await this.#handle.append(piece);
      this.#sizeBytes += bytes;
    }
  }

  async #rotate(): Promise<void> {
    const { path, disk, limits } = this.#options;
    await this.#handle?.close();
    this.#handle = undefined;
    await disk.remove(`${path}.${limits.count}`);
    for (let i = limits.count - 1; i >= 1; i--)
      await disk.rename(`${path}.${i}`, `${path}.${i + 1}`);
    if (limits.count > 0) await disk.rename(path, `${path}.1`);
    else await disk.remove(path);
    this.#handle = await disk.open(path);
    this.#sizeBytes = this.#handle.sizeBytes;
  }

  #drop(lines: number, error: unknown): void {
    if (this.#dropped === 0) this.#options.onTrouble(error);
    this.#dropped += lines;
    if (error !== undefined) this.#retryAtMs = this.#options.clock.monotonicMs() + retryMs;
  }

  #resume(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.onResumed(dropped);
  }
}

/** Cuts at line ends into pieces of at most `bytesMax`, or of one line where that is longer. */
function* piecesOf(text: string, bytesMax: number): Generator<string> {
  if (Buffer.byteLength(text) <= bytesMax) {
    yield text;
    return;
  }
  let piece = "";
  let bytes = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const lineBytes = Buffer.byteLength(line);
    if (piece !== "" && bytes + lineBytes > bytesMax) {
      yield piece;
      piece = "";
      bytes = 0;
    }
    piece += line;
    bytes += lineBytes;
  }
  yield piece;
}

export const realLogDisk: LogDisk = {
  open: async (path) => {
    const file = await open(path, "a", 0o640);
    const { size } = await file.stat();
    return {
      sizeBytes: size,
      append: async (text) => {
        await file.appendFile(text);
      },
      close: () => file.close(),
    };
  },
  rename: async (from, to) => {
    try {
      await rename(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
};
