/**
 * The token that opens a system's console: made once, kept in a file that only its owner reads.
 *
 * @module
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Entropy } from "@ashlar/foundation";

function consoleTokenFile(stateDir: string): string {
  return join(stateDir, "secrets", "console.token");
}

/** Undefined when this system has had no console yet. */
export function readConsoleToken(stateDir: string): string | undefined {
  try {
    return readFileSync(consoleTokenFile(stateDir), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Makes the token where there is none, and gives the path of its file. */
export function ensureConsoleToken(stateDir: string, randomBytes: Entropy["bytes"]): string {
  const file = consoleTokenFile(stateDir);
  if (readConsoleToken(stateDir) === undefined) {
    // Only the last directory is closed: PostgreSQL runs as another user and passes through the first.
    mkdirSync(stateDir, { recursive: true });
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const token = Buffer.from(randomBytes(24)).toString("base64url");
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  return file;
}
