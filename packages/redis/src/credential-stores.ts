/**
 * API keys and passwords (hashes only) as JSON values in Redis.
 *
 * @module
 */
import type { ApiKeyRecord, ApiKeyStore, PasswordRecord, PasswordStore } from "@ashlar/gateway";
import type { RedisConnection } from "./connection.ts";
import { RedisAnswerError } from "./errors.ts";

export class RedisApiKeyStore implements ApiKeyStore {
  readonly #records: Records;

  /** `prefix`: default `ashlar:api-key:`. */
  constructor(redis: RedisConnection, prefix = "ashlar:api-key:") {
    this.#records = new Records(redis, prefix);
  }

  async find(id: string): Promise<ApiKeyRecord | undefined> {
    return (await this.#records.find(id)) as ApiKeyRecord | undefined;
  }

  put(record: ApiKeyRecord): Promise<void> {
    return this.#records.put(record.id, record);
  }

  remove(id: string): Promise<boolean> {
    return this.#records.remove(id);
  }
}

export class RedisPasswordStore implements PasswordStore {
  readonly #records: Records;

  /** `prefix`: default `ashlar:password:`. */
  constructor(redis: RedisConnection, prefix = "ashlar:password:") {
    this.#records = new Records(redis, prefix);
  }

  async find(user: string): Promise<PasswordRecord | undefined> {
    return (await this.#records.find(user)) as PasswordRecord | undefined;
  }

  put(record: PasswordRecord): Promise<void> {
    return this.#records.put(record.user, record);
  }

  remove(user: string): Promise<boolean> {
    return this.#records.remove(user);
  }
}

class Records {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async find(id: string): Promise<unknown> {
    const text = await this.#redis.get(this.#prefix + id);
    if (text === null) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new RedisAnswerError("GET of a credential", { cause: error });
    }
  }

  async put(id: string, record: object): Promise<void> {
    await this.#redis.set(this.#prefix + id, JSON.stringify(record));
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#redis.del(this.#prefix + id)) > 0;
  }
}
