/**
 * Five-field cron expressions: minute, hour, day of month, month, day of week.
 *
 * Numbers, `*`, lists, ranges and steps, as Kubernetes reads them; names of months and days too.
 *
 * @module
 */

export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words: readonly string[];
}

const monthWords = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const weekdayWords = "sun mon tue wed thu fri sat".split(" ");
const fields: readonly CronField[] = [
  { name: "minute", min: 0, max: 59, words: [] },
  { name: "hour", min: 0, max: 23, words: [] },
  { name: "day of month", min: 1, max: 31, words: [] },
  { name: "month", min: 1, max: 12, words: monthWords },
  { name: "day of week", min: 0, max: 7, words: weekdayWords },
];

/** The parsed expression, or in words what is wrong with it. */
export function parseCron(expression: string): Cron | string {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== fields.length) return `there are ${texts.length} fields`;
  const sets: ReadonlySet<number>[] = [];
  for (const [at, field] of fields.entries()) {
    const set = parseField(texts[at] ?? "", field);
    if (typeof set === "string") return set;
    sets.push(set);
  }
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return "a field is empty";
  if (weekdays.size >= 7 && !someDayExists(days, months)) return "no such day in these months";
  return { minutes, hours, days, months, weekdays };
}

function parseField(text: string, field: CronField): ReadonlySet<number> | string {
  const values = new Set<number>();
  for (const term of text.split(",")) {
    const problem = addTerm(term, field, values);
    if (problem !== undefined) return problem;
  }
  return values;
}

function addTerm(term: string, field: CronField, values: Set<number>): string | undefined {
  const match = /^(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:\/(\d+))?$/i.exec(term);
  const problem = `"${term}" is no ${field.name} from ${field.min} to ${field.max}`;
  if (match === null) return problem;
  const [, base = "*", stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  const [firstText = "", lastText] = base.split("-");
  const first = base === "*" ? field.min : valueOf(firstText, field);
  // `5/10` means from 5 on; `5` alone means 5.
  const openEnd = base === "*" || (stepText !== undefined && lastText === undefined);
  const last = openEnd ? field.max : lastText === undefined ? first : valueOf(lastText, field);
  if (first === undefined || last === undefined || step < 1 || first > last) return problem;
  for (let value = first; value <= last; value += step) values.add(value);
  return undefined;
}

function valueOf(text: string, field: CronField): number | undefined {
  const word = field.words.indexOf(text.toLowerCase());
  if (word >= 0) return word + field.min;
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}

function someDayExists(days: ReadonlySet<number>, months: ReadonlySet<number>): boolean {
  const lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const first = Math.min(...days);
  return [...months].some((month) => first <= (lengths[month - 1] ?? 0));
}

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** The longest time from one run to the next, in milliseconds, by a calendar without leap days. */
export function cronIntervalMs(expression: string): number {
  const cron = parseCron(expression);
  if (typeof cron === "string") return 0;
  const times = [...cron.hours].flatMap((hour) =>
    [...cron.minutes].map((minute) => (hour * 60 + minute) * minuteMs),
  );
  const sorted = times.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const last = sorted.at(-1) ?? 0;
  let gap = 0;
  for (const [at, time] of sorted.entries()) gap = Math.max(gap, time - (sorted[at - 1] ?? time));
  return Math.max(gap, longestDayGap(cron) * dayMs + first - last);
}

/** The most days from one that runs to the next. */
function longestDayGap(cron: Cron): number {
  const everyDay = cron.days.size === 31 && cron.months.size === 12;
  const everyWeekday = [0, 1, 2, 3, 4, 5, 6].every((day) => runsOn(cron, day));
  if (everyDay && everyWeekday) return 1;
  if (everyDay) return longestWeekGap(cron);
  return cron.months.size === 12 ? 31 : 366;
}

function runsOn(cron: Cron, weekday: number): boolean {
  return cron.weekdays.has(weekday) || (weekday === 0 && cron.weekdays.has(7));
}

function longestWeekGap(cron: Cron): number {
  let gap = 0;
  let since = 0;
  for (let day = 0; day < 14; day++) {
    since++;
    if (!runsOn(cron, day % 7)) continue;
    if (day >= 7) gap = Math.max(gap, since);
    since = 0;
  }
  return Math.max(gap, 1);
}
