/**
 * Under whose account PostgreSQL runs: our own, or `nobody` when we are root, for PostgreSQL refuses
 * to run as root.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { describeError } from "@ashlar/foundation";
import { PostgresAccountError } from "../errors.ts";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The unprivileged account to run under; undefined where the present one is unprivileged. */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  let users: string;
  try {
    users = await readFile("/etc/passwd", "utf8");
  } catch (error) {
    throw new PostgresAccountError(`/etc/passwd: ${describeError(error)}`, { cause: error });
  }
  // initdb looks its own account up by number, so an arbitrary number would not do.
  const match = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(users);
  if (match === null) throw new PostgresAccountError('/etc/passwd has no account "nobody"');
  return { uid: Number(match[1]) >>> 0, gid: Number(match[2]) >>> 0 };
}

/**
 * Whether any account can get to `path` (its last directory included): the first directory that it
 * cannot enter, or undefined. Missing ones are taken as ours to create.
 */
export async function firstClosedDirectory(path: string): Promise<string | undefined> {
  const closed: string[] = [];
  for (let directory = resolve(path); ; directory = dirname(directory)) {
    try {
      const found = await stat(directory);
      if (found.isDirectory() && (found.mode & 0o001) === 0) closed.push(directory);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
    if (directory === dirname(directory)) return closed.at(-1);
  }
}
