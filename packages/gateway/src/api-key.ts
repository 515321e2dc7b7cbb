/**
 * API keys: made once, shown once, kept only as a hash.
 *
 * - GA10  A key is `ashlar_<id>_<secret>`: a public id to look it up by, and 256 random bits. Because
 *         those cannot be guessed, one SHA-256 is enough; it is compared in constant time.
 * - GA11  A key that is unknown, revoked or expired is refused with one and the same answer.
 *
 * @module
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@ashlar/foundation";
import { BoundedCache } from "./bounded-cache.ts";
import type { Consumer } from "./consumer.ts";
import type { ApiKeyRecord, ApiKeyStore } from "./credential-store.ts";
import { type Problem, problem } from "./problem.ts";

/** What a new key is to stand for. */
export type ApiKeyGrant = Omit<ApiKeyRecord, "id" | "secretHash">;

/** A new key, to be given to its owner once, and the record to put into a store. */
export function issueApiKey(grant: ApiKeyGrant): {
  readonly key: string;
  readonly record: ApiKeyRecord;
} {
  const id = randomBytes(8).toString("hex");
  const secret = randomBytes(32).toString("base64url");
  const record = { id, secretHash: hash("sha256", secret, "hex"), ...grant };
  return { key: `ashlar_${id}_${secret}`, record };
}

const keyPattern = /^ashlar_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** For how long a key that was found is believed without asking the store again. */
const rememberMs = 5_000;

export class ApiKeyVerifier {
  readonly #clock: Clock;
  readonly #store: ApiKeyStore;
  readonly #found = new BoundedCache<ApiKeyRecord>(10_000);

  constructor(clock: Clock, store: ApiKeyStore) {
    this.#clock = clock;
    this.#store = store;
  }

  /** Rejects when the store cannot be reached. */
  async verify(key: string): Promise<Consumer | Problem> {
    const [, id, secret] = keyPattern.exec(key) ?? [];
    if (id === undefined || secret === undefined) return refused();
    const nowMs = this.#clock.wallMs();
    const record = this.#found.get(id, nowMs) ?? (await this.#store.find(id));
    if (record === undefined) return refused();
    const presented = Buffer.from(hash("sha256", secret, "hex"), "hex");
    const stored = Buffer.from(record.secretHash, "hex");
    if (stored.length !== presented.length || !timingSafeEqual(stored, presented)) return refused();
    if (record.expiresAtMs !== null && record.expiresAtMs <= nowMs) return refused();
    this.#found.set(id, record, nowMs + rememberMs);
    const { consumer, roles, scopes } = record;
    return { id: consumer, scheme: "apiKey", roles, scopes };
  }
}

function refused(): Problem {
  return problem("API_KEY_INVALID", "the API key is unknown, revoked or expired", {
    headers: ["www-authenticate", "ApiKey"],
  });
}
