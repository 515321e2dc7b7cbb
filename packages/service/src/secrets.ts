/**
 * Secrets, read from the files in which the platform leaves them.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import type { Log } from "@ashlar/foundation";
import { SecretUnreadableError, UseMissingError } from "./errors.ts";
import type { Variables } from "./settings.ts";

/**
 * The value of the secret `name`: the trimmed content of the file that `<name>_FILE` names, or the
 * variable `<name>` itself where it was declared so. It is never logged.
 *
 * @throws {UseMissingError} {@link SecretUnreadableError}
 */
export function readSecret(name: string, variables: Variables, log: Log): string {
  const path = variables[`${name}_FILE`];
  if (path === undefined || path === "") {
    const value = variables[name];
    if (value === undefined || value === "") throw new UseMissingError(name, "secret");
    return value;
  }
  let value: string;
  try {
    warnIfOpen(name, path, log);
    value = readFileSync(path, "utf8").trim();
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "not readable";
    throw new SecretUnreadableError(name, path, reason, { cause });
  }
  if (value === "") throw new SecretUnreadableError(name, path, "it is empty");
  return value;
}

/** 0600 is expected; a cluster may add the group's read bit by its own means. */
function warnIfOpen(name: string, path: string, log: Log): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o027) === 0) return;
  log.warn("the file of a secret is open to others", {
    secretName: name,
    path,
    mode: mode.toString(8),
  });
}
