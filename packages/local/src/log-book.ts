/**
 * The logs of a running system: takes in what processes write, keeps it in files and the latest of
 * it in memory, and gives it out to readers.
 *
 * - LK1  Memory is bounded: so many lines an instance, so many waiting for each follower.
 * - LK2  A follower that does not keep up misses lines; it slows nobody.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "@ashlar/foundation";
import { EventHub } from "./event-hub.ts";
import { isoTime } from "./iso-time.ts";
import { type LogDisk, LogFile, type LogLimits } from "./log-file.ts";
import {
  fileTextOf,
  type LineOrigin,
  LineSplitter,
  matchesFilter,
  parseFileLine,
  parseOutput,
} from "./log-text.ts";
import type { LogLine } from "./status.ts";
import type { LogQuery } from "./system-control.ts";

const tailLinesMax = 1_000;
const tailDefault = 100;

export interface LogBookOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly disk: LogDisk;
  readonly limits: LogLimits;
  readonly onTrouble: (instance: string, error: unknown) => void;
  readonly onResumed: (instance: string, dropped: number) => void;
  /** Called for each line; for what the supervisor itself looks for. */
  readonly onLine: (line: LogLine) => void;
}

interface InstanceLog {
  readonly origin: LineOrigin;
  readonly file: LogFile;
  readonly tail: LogLine[];
}

export class LogBook implements AsyncDisposable {
  readonly #options: LogBookOptions;
  readonly #instances = new Map<string, InstanceLog>();
  readonly #hub = new EventHub<LogLine>();

  constructor(options: LogBookOptions) {
    this.#options = options;
  }

  /** Takes in both streams of a process. Settles when they have ended. */
  async capture(
    origin: LineOrigin,
    outputs: Readonly<Record<"stdout" | "stderr", Readable>>,
  ): Promise<void> {
    await Promise.all(
      (["stdout", "stderr"] as const).map((stream) =>
        this.#capture(origin, stream, outputs[stream]),
      ),
    );
  }

  /** Takes in one line, as a process would write it. */
  write(origin: LineOrigin, stream: "stdout" | "stderr", raw: string): void {
    const log = this.#instance(origin);
    const time = isoTime(this.#options.clock.wallMs());
    const line = parseOutput(raw, { ...origin, stream, time });
    log.file.append(fileTextOf(raw, stream, time));
    log.tail.push(line);
    if (log.tail.length > tailLinesMax) log.tail.splice(0, log.tail.length - tailLinesMax); // LK1
    this.#hub.publish(line);
    this.#options.onLine(line);
  }

  /** The latest lines of one instance, for the message of an error. */
  lastTexts(instance: string, count: number): readonly string[] {
    const tail = this.#instances.get(instance)?.tail ?? [];
    return tail.slice(-count).map((line) => line.text);
  }

  async *read(query: LogQuery, signal?: AbortSignal): AsyncGenerator<LogLine, void, undefined> {
    const live = query.follow === true ? this.#hub.subscribe(signal) : undefined;
    for (const line of await this.#latest(query)) yield line;
    if (live === undefined) return;
    for await (const line of live) {
      if ("missed" in line || !isAsked(line, query)) continue;
      yield line;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hub.close();
    await Promise.all([...this.#instances.values()].map((log) => log.file[Symbol.asyncDispose]()));
  }

  /** From memory where it holds enough; else from the files, where earlier runs are too. */
  async #latest(query: LogQuery): Promise<readonly LogLine[]> {
    const wanted = query.tail ?? tailDefault;
    if (wanted <= 0) return [];
    const inMemory = [...this.#instances.values()]
      .flatMap((log) => log.tail)
      .filter((line) => isAsked(line, query));
    if (inMemory.length >= wanted) return latestOf(inMemory, wanted);
    await Promise.all([...this.#instances.values()].map((log) => log.file.flush()));
    return readLogFiles(this.#options.directory, query);
  }

  async #capture(origin: LineOrigin, stream: "stdout" | "stderr", from: Readable): Promise<void> {
    const splitter = new LineSplitter((line) => this.write(origin, stream, line));
    try {
      for await (const chunk of from) splitter.push(chunk as Buffer);
    } catch {
      // The pipe broke with its process: what came before is all there is.
    }
    splitter.end();
  }

  #instance(origin: LineOrigin): InstanceLog {
    const known = this.#instances.get(origin.instance);
    if (known !== undefined) return known;
    const { directory, disk, limits, clock } = this.#options;
    const { instance } = origin;
    const file = new LogFile({
      path: join(directory, `${instance}.log`),
      disk,
      limits,
      clock,
      onTrouble: (error) => this.#options.onTrouble(instance, error),
      onResumed: (dropped) => this.#options.onResumed(instance, dropped),
    });
    const log = { origin, file, tail: [] };
    this.#instances.set(instance, log);
    return log;
  }
}

/** Lines of a system that may not be running, straight from its files. */
export async function readLogFiles(
  directory: string,
  query: LogQuery,
): Promise<readonly LogLine[]> {
  const names = await readdir(directory).catch(() => []);
  const lines: LogLine[] = [];
  // Older files first; within one instance the stable sort then keeps the order of the lines.
  for (const name of names.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))) {
    const origin = originOf(name);
    if (origin === undefined) continue;
    if (query.part !== undefined && origin.part !== query.part) continue;
    if (query.replica !== undefined && origin.replica !== query.replica) continue;
    const text = await readFile(join(directory, name), "utf8").catch(() => "");
    for (const each of text.split("\n")) {
      if (each === "") continue;
      const line = parseFileLine(each, origin);
      if (isAsked(line, query)) lines.push(line);
    }
  }
  return latestOf(lines, query.tail ?? tailDefault);
}

const filePattern = /^(.+)-(\d+)\.log(?:\.\d+)?$/;

function originOf(fileName: string): LineOrigin | undefined {
  const match = filePattern.exec(fileName);
  if (match === null) return undefined;
  const [, part = "", ordinal = ""] = match;
  return { part, replica: Number(ordinal), instance: `${part}-${ordinal}` };
}

function isAsked(line: LogLine, query: LogQuery): boolean {
  if (query.part !== undefined && line.part !== query.part) return false;
  if (query.replica !== undefined && line.replica !== query.replica) return false;
  return matchesFilter(line, query);
}

function latestOf(lines: readonly LogLine[], count: number): readonly LogLine[] {
  const sorted = lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return sorted.slice(-count);
}
