/**
 * Five-field cron expressions in UTC. Pure.
 *
 * Fields: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday; names of
 * months and days may be used). A field is a comma-separated list of `*`, numbers and ranges, each
 * with an optional step. As in cron, a time matches if either the day of the month or that of the
 * week matches, where both are restricted.
 *
 * - LCR1  {@link nextRunMs} gives the first whole minute after the given time that matches.
 *
 * Source: crontab(5); Kubernetes CronJob.
 * @module
 */
import { ScheduleInvalidError } from "./errors.ts";

export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields are restricted: either may match. */
  readonly eitherDay: boolean;
}

const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const dayNames = "sun mon tue wed thu fri sat".split(" ");
const shorthand: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};
const minuteMs = 60_000;
/** 29 February comes at least every eight years. */
const horizonDays = 8 * 366 + 1;

/** @throws {ScheduleInvalidError} */
export function parseSchedule(text: string): Schedule {
  const fields = (shorthand[text.trim()] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) {
    throw new ScheduleInvalidError(text, `it has ${fields.length} fields instead of five`);
  }
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const field = (value: string, shape: FieldShape): ReadonlySet<number> =>
    parseField(value, shape, text);
  const weekdays = field(weekday, { name: "day of the week", min: 0, max: 7, names: dayNames });
  return {
    minutes: field(minute, { name: "minute", min: 0, max: 59 }),
    hours: field(hour, { name: "hour", min: 0, max: 23 }),
    days: field(day, { name: "day of the month", min: 1, max: 31 }),
    months: field(month, { name: "month", min: 1, max: 12, names: monthNames, firstName: 1 }),
    weekdays: new Set([...weekdays].map((each) => each % 7)),
    eitherDay: !day.startsWith("*") && !weekday.startsWith("*"),
  };
}

/** Undefined when it never comes, as for 30 February. */
export function nextRunMs(schedule: Schedule, afterMs: number): number | undefined {
  let atMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs;
  const lastMs = atMs + horizonDays * 24 * 60 * minuteMs;
  while (atMs < lastMs) {
    const at = calendarOf(atMs);
    if (!schedule.months.has(at.month) || !matchesDay(schedule, at)) {
      atMs += (24 * 60 - at.hour * 60 - at.minute) * minuteMs;
    } else if (!schedule.hours.has(at.hour)) {
      atMs += (60 - at.minute) * minuteMs;
    } else if (!schedule.minutes.has(at.minute)) {
      atMs += minuteMs;
    } else {
      return atMs;
    }
  }
  return undefined;
}

interface FieldShape {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** The number of the first name. */
  readonly firstName?: number;
}

function parseField(text: string, shape: FieldShape, schedule: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const item of text.split(",")) {
    const match = /^(\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i.exec(item);
    const refuse = (): ScheduleInvalidError =>
      new ScheduleInvalidError(
        schedule,
        `"${item}" is no ${shape.name} (${shape.min} to ${shape.max})`,
      );
    if (match === null) throw refuse();
    const [, whole, low, high, stepText] = match;
    const step = stepText === undefined ? 1 : Number(stepText);
    const from = whole === "*" ? shape.min : numberOf(low ?? "", shape);
    const openEnd = whole === "*" || (stepText !== undefined && high === undefined);
    const to = high !== undefined ? numberOf(high, shape) : openEnd ? shape.max : from;
    if (!(from >= shape.min && to <= shape.max && from <= to && step >= 1)) throw refuse();
    for (let value = from; value <= to; value += step) found.add(value);
  }
  return found;
}

/** NaN for a word that is no name. */
function numberOf(text: string, shape: FieldShape): number {
  if (/^\d+$/.test(text)) return Number(text);
  const index = shape.names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? Number.NaN : index + (shape.firstName ?? 0);
}

interface Calendar {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

function matchesDay(schedule: Schedule, at: Calendar): boolean {
  const day = schedule.days.has(at.day);
  const weekday = schedule.weekdays.has(at.weekday);
  return schedule.eitherDay ? day || weekday : day && weekday;
}

function calendarOf(wallMs: number): Calendar {
  // oxlint-disable-next-line no-restricted-globals -- takes apart a time that it is given
  const date = new Date(wallMs);
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
  };
}
