/**
 * API keys and passwords held in this process: filled from a secret file at start, or by tests.
 *
 * @module
 */
import type {
  ApiKeyRecord,
  ApiKeyStore,
  PasswordRecord,
  PasswordStore,
} from "./credential-store.ts";

export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #records = new Map<string, ApiKeyRecord>();

  async find(id: string): Promise<ApiKeyRecord | undefined> {
    return this.#records.get(id);
  }

  async put(record: ApiKeyRecord): Promise<void> {
    this.#records.set(record.id, structuredClone(record));
  }

  async remove(id: string): Promise<boolean> {
    return this.#records.delete(id);
  }
}

export class MemoryPasswordStore implements PasswordStore {
  readonly #records = new Map<string, PasswordRecord>();

  async find(user: string): Promise<PasswordRecord | undefined> {
    return this.#records.get(user);
  }

  async put(record: PasswordRecord): Promise<void> {
    this.#records.set(record.user, structuredClone(record));
  }

  async remove(user: string): Promise<boolean> {
    return this.#records.delete(user);
  }
}
