/**
 * The public keys of one token issuer (JWKS), kept fresh behind the requests that use them.
 *
 * - GA3  A key id that is not known fetches the set anew, at most once in `refetchMinMs`, so a new key
 *        works at once and forged ids cannot drive traffic to the issuer.
 * - GA4  A set older than `freshMs` is refreshed while the old one serves; when that fails, the old
 *        one serves on, up to `staleMaxMs`.
 * - GA5  Only public signing keys of the issuer's own algorithms are taken: never a symmetric key.
 * - GA6  When a key leaves the set, tokens that it verified are forgotten (`onKeysRemoved`).
 *
 * Source: RFC 7517.
 *
 * @module
 */
import { type Clock, describeError, type Log } from "@ashlar/foundation";
import type { TokenIssuerPlan } from "@ashlar/model";
import { type CryptoKey, importJWK, type JWK } from "jose";
import { KeySetError } from "./errors.ts";

export interface KeySetOptions {
  readonly issuer: TokenIssuerPlan;
  /** Fetches the parsed JSON document. */
  readonly fetchKeys: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onKeysRemoved: () => void;
  readonly freshMs?: number;
  readonly staleMaxMs?: number;
  readonly refetchMinMs?: number;
}

interface Key {
  readonly id: string | undefined;
  readonly algorithm: string;
  /** Its material, to see whether it is the same key under the same id. */
  readonly print: string;
  readonly key: CryptoKey;
}

export class KeySet {
  readonly #options: KeySetOptions;
  readonly #freshMs: number;
  readonly #staleMaxMs: number;
  readonly #refetchMinMs: number;
  #keys: readonly Key[] = [];
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #failure: KeySetError | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#freshMs = options.freshMs ?? 300_000;
    this.#staleMaxMs = options.staleMaxMs ?? 86_400_000;
    this.#refetchMinMs = options.refetchMinMs ?? 5_000;
  }

  /**
   * The key with which a token of this header is to be verified; undefined: the issuer has none.
   *
   * @throws {KeySetError} when there is no set that may still be used.
   */
  async find(keyId: string | undefined, algorithm: string): Promise<CryptoKey | undefined> {
    this.refreshIfStale();
    const known = this.#isUsable() ? this.#lookUp(keyId, algorithm) : undefined;
    if (known !== undefined) return known;
    if (this.#nowMs() - this.#triedAtMs >= this.#refetchMinMs) this.#fetch();
    await this.#fetching;
    if (!this.#isUsable()) {
      throw this.#failure ?? new KeySetError(this.#options.issuer.name, "not fetched yet");
    }
    return this.#lookUp(keyId, algorithm);
  }

  /** GA4: begins a refresh if one is due; does not wait for it. Cheap enough for every request. */
  refreshIfStale(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#fetchedAtMs < this.#freshMs) return;
    if (nowMs - this.#triedAtMs >= this.#refetchMinMs) this.#fetch();
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #isUsable(): boolean {
    return this.#nowMs() - this.#fetchedAtMs < this.#staleMaxMs;
  }

  #lookUp(keyId: string | undefined, algorithm: string): CryptoKey | undefined {
    const fitting = this.#keys.filter((each) => each.algorithm === algorithm);
    if (keyId === undefined) return fitting.length === 1 ? fitting[0]?.key : undefined;
    return fitting.find((each) => each.id === keyId)?.key;
  }

  #fetch(): void {
    this.#triedAtMs = this.#nowMs();
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
    });
  }

  /** Never rejects: a failure is kept for whoever has no older set to use. */
  async #load(): Promise<void> {
    const { issuer, log } = this.#options;
    try {
      const keys = await readKeys(await this.#options.fetchKeys(), issuer);
      const prints = new Set(keys.map((each) => each.print));
      const isRemoved = this.#keys.some((each) => !prints.has(each.print));
      this.#keys = keys;
      this.#fetchedAtMs = this.#nowMs();
      this.#failure = undefined;
      if (isRemoved) this.#options.onKeysRemoved();
    } catch (error) {
      this.#failure = new KeySetError(issuer.name, describeError(error), { cause: error });
      log.warn("key set not refreshed", {
        issuer: issuer.name,
        error: describeError(error),
        serving: this.#isUsable() ? "the former keys" : "nothing",
      });
    }
  }
}

const keyTypes: Readonly<Record<string, string>> = { RS256: "RSA", ES256: "EC", EdDSA: "OKP" };

async function readKeys(document: unknown, issuer: TokenIssuerPlan): Promise<readonly Key[]> {
  const listed = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new KeySetError(issuer.name, "not a JWKS document");
  const keys: Key[] = [];
  for (const jwk of listed.slice(0, 100) as JWK[]) {
    for (const algorithm of issuer.algorithms) {
      if (!isUsable(jwk, algorithm)) continue;
      const { kid, kty, n, e, crv, x, y } = jwk;
      // Only the public members are imported, whatever else was published by mistake (GA5).
      const material = Object.fromEntries(
        Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined),
      ) as JWK;
      const key = (await importJWK(material, algorithm)) as CryptoKey;
      const print = JSON.stringify([kid, algorithm, n, e, crv, x, y]);
      keys.push({ id: typeof kid === "string" ? kid : undefined, algorithm, print, key });
    }
  }
  if (keys.length === 0) throw new KeySetError(issuer.name, "the set has no key that may be used");
  return keys;
}

function isUsable(jwk: JWK, algorithm: string): boolean {
  if (jwk?.kty !== keyTypes[algorithm]) return false;
  if (jwk.alg !== undefined && jwk.alg !== algorithm && !(jwk.alg === "Ed25519")) return false;
  if (jwk.use !== undefined && jwk.use !== "sig") return false;
  if (algorithm === "EdDSA") return jwk.crv === "Ed25519";
  return algorithm !== "ES256" || jwk.crv === "P-256";
}
