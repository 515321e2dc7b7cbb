/**
 * The server's log: a file that rotates, and the last lines for error messages.
 *
 * A full disk must not stop the server: a line that cannot be written is counted and dropped.
 *
 * @module
 */
import { appendFileSync, renameSync, statSync } from "node:fs";

const linesKept = 40;

export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #recent: string[] = [];
  #sizeBytes: number;
  #partial = "";
  #droppedCount = 0;

  /** The file before the present one is kept as `<path>.1`. */
  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  get path(): string {
    return this.#path;
  }

  /** Chunks that could not be written, for example because the disk is full. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** The last lines, oldest first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  /** Appends a chunk and returns the lines that it completes. */
  write(chunk: string): readonly string[] {
    try {
      if (this.#sizeBytes > this.#maxBytes) {
        renameSync(this.#path, `${this.#path}.1`);
        this.#sizeBytes = 0;
      }
      appendFileSync(this.#path, chunk, { mode: 0o600 });
      this.#sizeBytes += Buffer.byteLength(chunk);
    } catch {
      this.#droppedCount++;
    }
    const lines = (this.#partial + chunk).split("\n");
    this.#partial = lines.pop() ?? "";
    this.#recent.push(...lines);
    this.#recent.splice(0, Math.max(0, this.#recent.length - linesKept));
    return lines;
  }
}
