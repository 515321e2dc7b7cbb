/**
 * The log of a program: one JSON object a line, written by pino.
 *
 * `{"time":"…","level":"info","part":"…","instance":"…","text":"…", …fields, "traceId"?,"spanId"?}`
 *
 * - TEL6  Every line is one valid JSON object of at most `lineBytesMax`, whatever was logged; what
 *        does not fit is cut and the line says so.
 * - TEL7  A line written inside a span carries its trace id and span id.
 *
 * @module
 */
import type { Clock, Log, LogFields } from "@ashlar/foundation";
import { type Logger, pino } from "pino";
import { safeFields, safeText } from "./safe-fields.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** The log of a whole program, which may also say why it ends. */
export interface ProgramLog extends Log {
  /** The last line of a program that cannot go on. */
  fatal(text: string, fields?: LogFields): void;
  with(fields: LogFields): ProgramLog;
}

export interface JsonLogOptions {
  readonly part: string;
  readonly instance: string;
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Takes one line with its newline. Must not throw. */
  readonly write: (line: string) => void;
  /** Fields that every line carries at the moment of writing: trace, correlation. */
  readonly context: () => LogFields;
  /** Told of a line that had to be cut. */
  readonly onCut: () => void;
}

/** Of one line in UTF-8, its newline included. */
export const lineBytesMax: number = 32 * 1024;

const textCharactersMax = 2_048;

/** The names that a line has of itself; a field of such a name gets a trailing underscore. */
const ownNames: ReadonlySet<string> = new Set(["time", "level", "part", "instance", "text"]);

export function jsonLog(options: JsonLogOptions): ProgramLog {
  const { clock } = options;
  const logger = pino(
    {
      level: options.level,
      base: { part: options.part, instance: options.instance },
      messageKey: "text",
      timestamp: () => `,"time":"${isoTime(clock.wallMs())}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {},
    },
    { write: (line: string) => options.write(boundedLine(line, options)) },
  );
  return logOver(logger, options, {});
}

function logOver(logger: Logger, options: JsonLogOptions, bound: LogFields): ProgramLog {
  const line =
    (level: LogLevel | "fatal") =>
    (text: string, fields?: LogFields): void => {
      try {
        if (!logger.isLevelEnabled(level)) return;
        const own = fields === undefined ? bound : { ...bound, ...renamed(safeFields(fields)) };
        logger[level]({ ...own, ...options.context() }, plainText(text));
      } catch {
        options.onCut(); // A log line never disturbs the program; the loss is counted.
      }
    };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    fatal: line("fatal"),
    with: (fields) => logOver(logger, options, { ...bound, ...renamed(safeFields(fields)) }),
  };
}

function plainText(text: unknown): string {
  const plain = safeText(String(text));
  return plain.length <= textCharactersMax ? plain : `${plain.slice(0, textCharactersMax)}…`;
}

function renamed(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of ownNames) {
    if (!Object.hasOwn(fields, name)) continue;
    fields[`${name}_`] = fields[name];
    delete fields[name];
  }
  return fields;
}

/** TEL6: fields are bounded before; this catches what escaping makes longer. */
function boundedLine(line: string, options: JsonLogOptions): string {
  if (line.length * 3 <= lineBytesMax) return line;
  const bytes = Buffer.byteLength(line);
  if (bytes <= lineBytesMax) return line;
  options.onCut();
  return `${JSON.stringify({ ...essence(line), cutBytes: bytes })}\n`;
}

/** What a line that is too long is reduced to. */
function essence(line: string): Record<string, unknown> {
  const whole = JSON.parse(line) as Record<string, unknown>;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(whole)) {
    if (typeof value === "string" && value.length <= textCharactersMax) kept[name] = value;
    else if (typeof value === "number" || typeof value === "boolean") kept[name] = value;
    if (Buffer.byteLength(JSON.stringify(kept)) > lineBytesMax / 2) break;
  }
  return kept;
}

let isoSecond = -1;
let isoPrefix = "";

/** ISO 8601 in UTC. The part up to the second is kept, for most lines share it. */
function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== isoSecond) {
    isoSecond = second;
    // oxlint-disable-next-line no-restricted-globals -- formats a given time; reads no clock
    isoPrefix = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${isoPrefix}${String(Math.floor(wallMs - second * 1000)).padStart(3, "0")}Z`;
}
