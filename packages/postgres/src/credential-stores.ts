/**
 * The gateway's API keys and passwords in PostgreSQL. They hold hashes only (CR1).
 *
 * @module
 */
import type { ApiKeyRecord, ApiKeyStore, PasswordRecord, PasswordStore } from "@ashlar/gateway";
import type { Pool } from "./pool.ts";
import { migrateGatewayStores } from "./rate-limit-store.ts";

/** The pool stays the caller's. */
export class PostgresApiKeyStore implements ApiKeyStore {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(options: { readonly pool: Pool }): Promise<PostgresApiKeyStore> {
    await migrateGatewayStores(options.pool);
    return new PostgresApiKeyStore(options.pool);
  }

  async find(id: string): Promise<ApiKeyRecord | undefined> {
    const [record] = await this.#pool.query<ApiKeyRecord>(
      {
        name: "ashlar.apiKey.find",
        text: `SELECT id, secret_hash AS "secretHash", consumer, roles, scopes,
                      expires_at_ms AS "expiresAtMs"
                 FROM ashlar_api_key WHERE id = $1`,
      },
      [id],
    );
    return record;
  }

  async put(record: ApiKeyRecord): Promise<void> {
    const { id, secretHash, consumer, roles, scopes, expiresAtMs } = record;
    await this.#pool.execute(
      `INSERT INTO ashlar_api_key (id, secret_hash, consumer, roles, scopes, expires_at_ms)
       VALUES ($1, $2, $3, $4::text[], $5::text[], $6)
       ON CONFLICT (id) DO UPDATE
         SET secret_hash = excluded.secret_hash, consumer = excluded.consumer,
             roles = excluded.roles, scopes = excluded.scopes,
             expires_at_ms = excluded.expires_at_ms`,
      [id, secretHash, consumer, roles, scopes, expiresAtMs],
    );
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#pool.execute("DELETE FROM ashlar_api_key WHERE id = $1", [id])) > 0;
  }
}

/** The pool stays the caller's. */
export class PostgresPasswordStore implements PasswordStore {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(options: { readonly pool: Pool }): Promise<PostgresPasswordStore> {
    await migrateGatewayStores(options.pool);
    return new PostgresPasswordStore(options.pool);
  }

  async find(user: string): Promise<PasswordRecord | undefined> {
    const [record] = await this.#pool.query<PasswordRecord>(
      {
        name: "ashlar.password.find",
        text: `SELECT user_name AS "user", password_hash AS "passwordHash", consumer, roles, scopes
                 FROM ashlar_password WHERE user_name = $1`,
      },
      [user],
    );
    return record;
  }

  async put(record: PasswordRecord): Promise<void> {
    const { user, passwordHash, consumer, roles, scopes } = record;
    await this.#pool.execute(
      `INSERT INTO ashlar_password (user_name, password_hash, consumer, roles, scopes)
       VALUES ($1, $2, $3, $4::text[], $5::text[])
       ON CONFLICT (user_name) DO UPDATE
         SET password_hash = excluded.password_hash, consumer = excluded.consumer,
             roles = excluded.roles, scopes = excluded.scopes`,
      [user, passwordHash, consumer, roles, scopes],
    );
  }

  async remove(user: string): Promise<boolean> {
    const text = "DELETE FROM ashlar_password WHERE user_name = $1";
    return (await this.#pool.execute(text, [user])) > 0;
  }
}
