/**
 * Passwords that this room generates, kept in one file that only its owner can read.
 *
 * - PCF1  The file has mode 0600 and is replaced as a whole: a reader sees the old or the new one.
 * - PCF2  A password reaches the disk before the server learns of it, so no crash locks us out.
 *
 * Calls are synchronous on purpose: two of them can never interleave within a process.
 *
 * @module
 */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type { Entropy } from "@ashlar/foundation";

export class CredentialFile {
  readonly #path: string;
  readonly #entropy: Entropy;

  constructor(path: string, entropy: Entropy) {
    this.#path = path;
    this.#entropy = entropy;
  }

  /** The role's password, if there is one. */
  find(role: string): string | undefined {
    return this.#read()[role];
  }

  /** The role's password; generates and stores one (192 bits) the first time. */
  ensure(role: string): string {
    const known = this.#read();
    const found = known[role];
    if (found !== undefined) return found;
    const password = Buffer.from(this.#entropy.bytes(24)).toString("base64url");
    this.set(role, password);
    return password;
  }

  set(role: string, password: string): void {
    const text = JSON.stringify({ ...this.#read(), [role]: password }, null, 2);
    const temporary = `${this.#path}.${this.#entropy.uuid()}`;
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, `${text}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#path); // PCF1
  }

  #read(): Readonly<Record<string, string>> {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, string>;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
      throw error;
    }
  }
}

/**
 * What PostgreSQL stores in place of a password, made here so that the password itself never stands
 * in an SQL statement, a log, or `pg_stat_activity`.
 *
 * Source: RFC 5803; PostgreSQL, src/common/scram-common.c.
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  const iterations = 4_096;
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}`;
}
