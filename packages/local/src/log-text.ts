/**
 * Lines of output: how bytes become lines, and lines become log records and back.
 *
 * - LL1  A line longer than 64 KiB is cut there; what follows up to its end is left out.
 * - LL2  What is kept in a file reads back as the same record.
 *
 * @module
 */
import { StringDecoder } from "node:string_decoder";
import type { LogLevel, LogLine } from "./status.ts";

const lineCharactersMax = 64 * 1024;

/** Cuts a stream of bytes into lines. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (;;) {
      const end = text.indexOf("\n", from);
      if (end === -1) break;
      this.#emit(this.#rest + text.slice(from, end));
      this.#rest = "";
      from = end + 1;
    }
    if (this.#rest.length < lineCharactersMax) this.#rest += text.slice(from); // LL1
  }

  /** Gives out what came after the last line break. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (last !== "") this.#emit(last);
  }

  #emit(line: string): void {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text !== "") this.#onLine(text.slice(0, lineCharactersMax));
  }
}

export interface LineOrigin {
  readonly part: string;
  readonly replica: number;
  readonly instance: string;
}

/** A line as a process wrote it. `time` is when it was read: the record's own goes before it. */
export function parseOutput(
  raw: string,
  origin: LineOrigin & { readonly stream: "stdout" | "stderr"; readonly time: string },
): LogLine {
  const { part, replica, instance, stream } = origin;
  const json = raw.startsWith("{") ? parseObject(raw) : undefined;
  if (json === undefined) {
    const level = stream === "stderr" ? "error" : "info";
    return { ...base(origin), level, text: raw, fields: {} };
  }
  const { time, level, text, msg, message, part: _, instance: __, ...fields } = json;
  const said = [text, msg, message].find((each) => typeof each === "string");
  return {
    time: typeof time === "string" ? time : origin.time,
    part,
    replica,
    instance,
    stream,
    level: levelOf(level, stream),
    text: typeof said === "string" ? said : raw,
    fields: typeof said === "string" ? fields : {},
  };
}

function base(
  origin: LineOrigin & { readonly stream: "stdout" | "stderr"; readonly time: string },
): {
  readonly time: string;
  readonly part: string;
  readonly replica: number;
  readonly instance: string;
  readonly stream: "stdout" | "stderr";
} {
  const { time, part, replica, instance, stream } = origin;
  return { time, part, replica, instance, stream };
}

/** A line as it stands in a file: JSON as it came, plain text after its time and stream. */
export function fileTextOf(raw: string, stream: "stdout" | "stderr", time: string): string {
  const marker = stream === "stdout" ? "out" : "err";
  if (raw.startsWith("{") && parseObject(raw)?.["time"] !== undefined) {
    return stream === "stdout" ? `${raw}\n` : `err ${raw}\n`;
  }
  return `${time} ${marker} ${raw}\n`;
}

const plainPattern = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (out|err) /;

/** The inverse of {@link fileTextOf} with {@link parseOutput} (LL2). */
export function parseFileLine(line: string, origin: LineOrigin): LogLine {
  const plain = plainPattern.exec(line);
  if (plain !== null) {
    const stream = plain[2] === "out" ? "stdout" : "stderr";
    const raw = line.slice(plain[0].length);
    return parseOutput(raw, { ...origin, stream, time: plain[1] ?? "" });
  }
  const fromStderr = line.startsWith("err {");
  return parseOutput(fromStderr ? line.slice(4) : line, {
    ...origin,
    stream: fromStderr ? "stderr" : "stdout",
    time: "",
  });
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LineFilter {
  readonly level?: LogLevel;
  readonly search?: string;
}

export function matchesFilter(line: LogLine, filter: LineFilter): boolean {
  if (filter.level !== undefined && ranks[line.level] < ranks[filter.level]) return false;
  if (filter.search === undefined || filter.search === "") return true;
  const wanted = filter.search.toLowerCase();
  if (line.text.toLowerCase().includes(wanted)) return true;
  return JSON.stringify(line.fields).toLowerCase().includes(wanted);
}

/** The names of other loggers (pino's numbers among them) mapped to ours. */
function levelOf(level: unknown, stream: "stdout" | "stderr"): LogLevel {
  if (typeof level === "number") {
    if (level >= 50) return "error";
    if (level >= 40) return "warn";
    return level >= 30 ? "info" : "debug";
  }
  switch (typeof level === "string" ? level.toLowerCase() : "") {
    case "trace":
    case "debug":
      return "debug";
    case "warn":
    case "warning":
      return "warn";
    case "error":
    case "fatal":
    case "critical":
      return "error";
    case "info":
      return "info";
    default:
      return stream === "stderr" ? "error" : "info";
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
