/**
 * The public keys that verify access tokens, as a JSON Web Key Set.
 *
 * - KS1  A key's `kid` is its RFC 7638 thumbprint: the same key has the same id everywhere.
 * - KS2  A reader asks for the set again when it meets an unknown `kid`, but not more often than
 *        once in `refetchMsMin`, so that forged ids cannot make it a source of load.
 *
 * @module
 */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import type { Clock } from "@ashlar/foundation";
import * as z from "zod";
import { KeySetUnavailableError, SigningKeyError, TokenInvalidError } from "./errors.ts";

/** One Ed25519 public key (RFC 8037). */
export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

export interface KeySet {
  readonly keys: readonly PublicJwk[];
}

/** Finds the key that a token names. */
export interface KeyFinder {
  /** @throws {TokenInvalidError} for an unknown id. @throws {KeySetUnavailableError} */
  find(kid: string): Promise<KeyObject>;
}

const publicJwk: z.ZodType<PublicJwk> = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string(),
  kid: z.string(),
  use: z.literal("sig"),
  alg: z.literal("EdDSA"),
});

/** The wire form of a {@link KeySet}. */
export const keySetSchema: z.ZodType<KeySet> = z.object({ keys: z.array(publicJwk) });

/** @throws {SigningKeyError} for another kind of key. */
export function publicJwkOf(key: KeyObject): PublicJwk {
  if (key.asymmetricKeyType !== "ed25519") {
    throw new SigningKeyError(key.asymmetricKeyType ?? key.type);
  }
  const { x } = createPublicKey(key.export({ type: "spki", format: "pem" })).export({
    format: "jwk",
  });
  const thumbprint = JSON.stringify({ crv: "Ed25519", kty: "OKP", x });
  const kid = createHash("sha256").update(thumbprint).digest("base64url");
  return { kty: "OKP", crv: "Ed25519", x: x ?? "", kid, use: "sig", alg: "EdDSA" };
}

/** A finder over keys that are at hand. */
export function localKeys(keys: readonly PublicJwk[]): KeyFinder {
  const byId = new Map(keys.map((each) => [each.kid, importKey(each)]));
  return {
    find: (kid) => {
      const key = byId.get(kid);
      return key === undefined ? Promise.reject(unknownKey()) : Promise.resolve(key);
    },
  };
}

export interface RemoteKeysOptions {
  readonly clock: Clock;
  /** Fetches the published set; may reject. */
  readonly fetch: () => Promise<KeySet>;
  /** Least time between two fetches that unknown ids cause. Default 5 s. */
  readonly refetchMsMin?: number;
  /** Age at which the set is fetched again although every id is known. Default 10 min. */
  readonly ageMsMax?: number;
}

/** A finder over another service's published set; keeps it between requests (KS2). */
export function remoteKeys(options: RemoteKeysOptions): KeyFinder {
  const { clock, refetchMsMin = 5_000, ageMsMax = 600_000 } = options;
  let known = new Map<string, KeyObject>();
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    const { keys } = await options.fetch();
    known = new Map(keys.map((each) => [each.kid, importKey(each)]));
    fetchedAtMs = clock.monotonicMs();
  };
  const refresh = (): Promise<void> => {
    fetching ??= load().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
  return {
    find: async (kid) => {
      const ageMs = clock.monotonicMs() - fetchedAtMs;
      const held = known.get(kid);
      if (held !== undefined && ageMs < ageMsMax) return held;
      if (held === undefined && ageMs < refetchMsMin) throw unknownKey();
      try {
        await refresh();
      } catch (error) {
        if (held !== undefined) return held; // An old key outlives a users service that is away.
        throw new KeySetUnavailableError(error instanceof Error ? error.message : String(error));
      }
      const key = known.get(kid);
      if (key === undefined) throw unknownKey();
      return key;
    },
  };
}

function importKey(jwk: PublicJwk): KeyObject {
  return createPublicKey({ format: "jwk", key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x } });
}

function unknownKey(): TokenInvalidError {
  return new TokenInvalidError("no published key has its kid");
}
