/**
 * Which rule of the schema a write broke.
 *
 * @module
 */
import { PostgresConstraintError, PostgresQueryError } from "@ashlar/postgres";

/** The constraint's name; undefined for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  return error instanceof PostgresConstraintError ? error.detail.constraint : undefined;
}

/** Whether a number left the range of its column. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof PostgresQueryError && error.detail.sqlState === "22003";
}
