/**
 * A log line for people: time, instance, level, text, then what else it says.
 *
 * @module
 */
import type { LogLevel, LogLine } from "@ashlar/local";
import { padEnd, type Style } from "./style.ts";

/** Kept out of the line: they say again what the prefix says, or are for machines. */
const hidden: ReadonlySet<string> = new Set([
  "part",
  "instance",
  "system",
  "traceId",
  "spanId",
  "pid",
]);

/** `width` is that of the widest instance so far, so that texts stand below each other. */
export function renderLogLine(line: LogLine, style: Style, width: number): string {
  const time = style.dim(clockTime(line.time));
  const name = style.byName(line.part)(padEnd(line.instance, width));
  const fields = Object.entries(line.fields)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${style.dim(`${key}=`)}${renderValue(value)}`);
  const tail = fields.length === 0 ? "" : `  ${fields.join(" ")}`;
  return `${time} ${name} ${levelMark(line.level, style)} ${line.text}${tail}`;
}

/** The time of the day, in this machine's zone, to the millisecond. */
function clockTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${clock.map((each) => digits(each, 2)).join(":")}.${digits(time.getMilliseconds(), 3)}`;
}

function levelMark(level: LogLevel, style: Style): string {
  const marks: Readonly<Record<LogLevel, string>> = {
    debug: style.dim("debug"),
    info: style.green("info "),
    warn: style.yellow("warn "),
    error: style.red("error"),
  };
  return marks[level];
}

function renderValue(value: unknown): string {
  if (typeof value === "string")
    return /[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? "undefined";
}
