/**
 * Entity tags: a row's version as an ETag, and the check of `If-Match` against it.
 *
 * @module
 */
import { IfMatchInvalidError, VersionStaleError } from "./errors.ts";

/** `"7"` for version 7. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * Refuses a write that was decided on an older version. Without the header anything goes.
 *
 * @throws {IfMatchInvalidError} {@link VersionStaleError}
 */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  const tags = ifMatch.split(",").map((each) => each.trim());
  if (!tags.every((each) => /^(W\/)?"[^"]*"$/.test(each))) throw new IfMatchInvalidError();
  const current = entityTag(version);
  if (!tags.includes(current)) throw new VersionStaleError(current);
}
