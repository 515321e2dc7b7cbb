/**
 * Which rule of the schema a write broke.
 *
 * @module
 */
import { PostgresConstraintError } from "@ashlar/postgres";

/** The constraint's name; undefined for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  return error instanceof PostgresConstraintError ? error.detail.constraint : undefined;
}
