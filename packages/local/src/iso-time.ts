/**
 * Times as people and records have them.
 *
 * @module
 */

/** ISO 8601 in UTC with milliseconds, from milliseconds since the Unix epoch. */
export function isoTime(wallMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- formats a time that it is given; reads no clock
  return new Date(wallMs).toISOString();
}
