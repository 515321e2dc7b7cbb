/**
 * API keys and passwords given in a secret file: JSON with the lists `apiKeys` and `passwords`, in the
 * form of the stores' records, all of them hashes (CR1).
 *
 * @module
 */
import type { ApiKeyRecord, PasswordRecord } from "./credential-store.ts";
import { CredentialsFileError } from "./errors.ts";

export interface CredentialsFile {
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly passwords: readonly PasswordRecord[];
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws {CredentialsFileError} naming every entry that is not as it should be, by position only. */
export function parseCredentialsFile(text: string): CredentialsFile {
  const violations: string[] = [];
  const document = parseJson(text);
  if (document === undefined) throw new CredentialsFileError(["it is not a JSON object"]);
  const list = (name: string): readonly Fields[] => {
    const value = document[name] ?? [];
    if (Array.isArray(value) && value.every(isFields)) return value;
    violations.push(`${name} must be a list of objects`);
    return [];
  };
  const apiKeys = list("apiKeys").map((entry, i) => {
    const at = `apiKeys[${i}]`;
    const { expiresAtMs = null } = entry;
    if (expiresAtMs !== null && typeof expiresAtMs !== "number") {
      violations.push(`${at}.expiresAtMs must be a number or null`);
    }
    return {
      id: matching(entry, { at, name: "id", pattern: /^[0-9a-f]{16}$/ }, violations),
      secretHash: matching(
        entry,
        { at, name: "secretHash", pattern: /^[0-9a-f]{64}$/ },
        violations,
      ),
      expiresAtMs: expiresAtMs as number | null,
      ...identity(entry, at, violations),
    };
  });
  const passwords = list("passwords").map((entry, i) => {
    const at = `passwords[${i}]`;
    const hash = { at, name: "passwordHash", pattern: /^\$argon2id\$v=19\$/ };
    return {
      user: matching(entry, { at, name: "user", pattern: /^[^:]{1,255}$/ }, violations),
      passwordHash: matching(entry, hash, violations),
      ...identity(entry, at, violations),
    };
  });
  if (violations.length > 0) throw new CredentialsFileError(violations);
  return { apiKeys, passwords };
}

function parseJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Wanted {
  readonly at: string;
  readonly name: string;
  readonly pattern: RegExp;
}

function matching(entry: Fields, { at, name, pattern }: Wanted, violations: string[]): string {
  const value = entry[name];
  if (typeof value === "string" && pattern.test(value)) return value;
  violations.push(`${at}.${name} must match ${pattern.source}`);
  return "";
}

function identity(
  entry: Fields,
  at: string,
  violations: string[],
): Pick<ApiKeyRecord, "consumer" | "roles" | "scopes"> {
  const names = (name: string): readonly string[] => {
    const value = entry[name] ?? [];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    violations.push(`${at}.${name} must be a list of strings`);
    return [];
  };
  const consumer = matching(
    entry,
    { at, name: "consumer", pattern: /^[\x21-\x7e]{1,255}$/ },
    violations,
  );
  return { consumer, roles: names("roles"), scopes: names("scopes") };
}
