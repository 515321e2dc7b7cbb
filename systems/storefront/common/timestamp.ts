/**
 * Moments as the database and people take them. The only place that makes a `Date`, and always from a
 * time that a clock gave: nothing here reads the time.
 *
 * @module
 */

/** The moment `wallMs` milliseconds after the Unix epoch. */
export function timestamp(wallMs: number): Date {
  // oxlint-disable-next-line no-restricted-globals -- of a given time, not of now
  return new Date(wallMs);
}

/** When a month is over, in UTC. `month` is 1..12. */
export function monthEndMs(year: number, month: number): number {
  // oxlint-disable-next-line no-restricted-globals -- arithmetic on the calendar
  return Date.UTC(year, month, 1);
}
