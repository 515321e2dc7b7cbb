/**
 * The logging port. Text is constant, what varies is data; `telemetry` writes it as one JSON line.
 *
 * @module
 */

/** Plain data beside a log line. Values under names that look secret are redacted by the writer. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
  /** A log whose every line also carries `fields`. */
  with(fields: LogFields): Log;
}

/** Discards everything. For tests and for programs that were asked to be quiet. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
