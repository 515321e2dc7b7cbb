/**
 * The ports through which the gateway finds API keys and passwords. It never sees a stored secret,
 * only its hash.
 *
 * - CR1  A store keeps hashes only: SHA-256 of an API key's 256-bit secret, argon2id of a password.
 * - CR2  `put` replaces the record of the same id; `remove` is seen by every later `find`.
 *
 * @module
 */

/** One API key. The key that its owner holds is `ashlar_<id>_<secret>`. */
export interface ApiKeyRecord {
  /** Public half: 16 lower-case hexadecimal digits. */
  readonly id: string;
  /** SHA-256 of the secret half, 64 lower-case hexadecimal digits. */
  readonly secretHash: string;
  /** Whom it stands for: what upstreams see as `x-consumer-id`. */
  readonly consumer: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch; null: it does not expire. */
  readonly expiresAtMs: number | null;
}

export interface ApiKeyStore {
  find(id: string): Promise<ApiKeyRecord | undefined>;
  put(record: ApiKeyRecord): Promise<void>;
  /** True when there was such a key. */
  remove(id: string): Promise<boolean>;
}

/** One user of basic authentication. */
export interface PasswordRecord {
  /** 1..255 bytes, without a colon. */
  readonly user: string;
  /** PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  readonly passwordHash: string;
  readonly consumer: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export interface PasswordStore {
  find(user: string): Promise<PasswordRecord | undefined>;
  put(record: PasswordRecord): Promise<void>;
  /** True when there was such a user. */
  remove(user: string): Promise<boolean>;
}
