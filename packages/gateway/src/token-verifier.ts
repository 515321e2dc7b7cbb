/**
 * JSON Web Tokens: verified once, then known by their hash until they expire.
 *
 * - GA7  The issuer is chosen by the exact `iss` claim, the key by that issuer's own set, and the
 *        algorithm must be one of the issuer's: a token can choose none of these for itself.
 * - GA8  A token passes only with a good signature, a wanted audience, `exp` ahead, `nbf` and `iat` not
 *        ahead (all within the issuer's tolerance), and a subject.
 * - GA9  A verified token is remembered by its SHA-256, never by its text, no longer than it is valid,
 *        and not beyond the removal of its key.
 *
 * Source: RFC 7519, RFC 8725 (best current practices).
 *
 * @module
 */
import { hash } from "node:crypto";
import { type Clock, hasCode } from "@ashlar/foundation";
import type { TokenIssuerPlan } from "@ashlar/model";
import { compactVerify, errors } from "jose";
import { BoundedCache } from "./bounded-cache.ts";
import { type Consumer, isConsumerId, plainNames } from "./consumer.ts";
import type { ProblemCode } from "./errors.ts";
import type { KeySet } from "./key-set.ts";
import { type Problem, problem } from "./problem.ts";

export interface TrustedIssuer {
  readonly plan: TokenIssuerPlan;
  readonly keys: KeySet;
}

interface Verified {
  readonly consumer: Consumer;
  readonly keys: KeySet;
}

/** Longer than any token of ours; a stranger's bytes are not hashed beyond it. */
const tokenLengthMax = 8_192;

type TokenHeader = Readonly<Record<string, unknown>>;
type TokenClaims = Readonly<Record<string, unknown>>;

export class TokenVerifier {
  readonly #clock: Clock;
  readonly #byIssuer: ReadonlyMap<string, TrustedIssuer>;
  readonly #cache: BoundedCache<Verified>;

  constructor(clock: Clock, issuers: readonly TrustedIssuer[], cacheEntriesMax = 10_000) {
    this.#clock = clock;
    this.#byIssuer = new Map(issuers.map((each) => [each.plan.issuer, each]));
    this.#cache = new BoundedCache(cacheEntriesMax);
  }

  /** Forgets every verified token: a key was withdrawn (GA9). */
  forget(): void {
    this.#cache.clear();
  }

  /** At once for a token that is remembered. */
  verify(token: string): Consumer | Problem | Promise<Consumer | Problem> {
    if (token.length > tokenLengthMax) return malformed("the token is too long");
    const print = hash("sha256", token, "base64url");
    const verified = this.#cache.get(print, this.#clock.wallMs());
    if (verified === undefined) return this.#verify(token, print);
    verified.keys.refreshIfStale();
    return verified.consumer;
  }

  async #verify(token: string, print: string): Promise<Consumer | Problem> {
    const parts = token.split(".");
    const header = decode(parts[0]);
    const claims = decode(parts[1]);
    if (parts.length !== 3 || header === undefined || claims === undefined) {
      return malformed("the token is not a signed JWT");
    }
    const trusted = this.#byIssuer.get(String(claims["iss"]));
    if (trusted === undefined) return invalid("TOKEN_ISSUER_UNKNOWN", "the issuer is not trusted");
    const algorithms: readonly unknown[] = trusted.plan.algorithms;
    if (!algorithms.includes(header["alg"])) {
      return invalid("TOKEN_ALGORITHM_REFUSED", "the token's algorithm is not accepted");
    }
    const fault =
      (await signatureFault(token, header, trusted)) ??
      claimsFault(claims, trusted.plan, this.#clock.wallMs());
    if (fault !== undefined) return fault;
    const consumer = consumerOf(claims, trusted.plan);
    const untilMs = Number(claims["exp"]) * 1_000 + trusted.plan.clockToleranceMs;
    this.#cache.set(print, { consumer, keys: trusted.keys }, untilMs);
    return consumer;
  }
}

async function signatureFault(
  token: string,
  header: TokenHeader,
  { keys }: TrustedIssuer,
): Promise<Problem | undefined> {
  const algorithm = String(header["alg"]);
  try {
    const keyId = typeof header["kid"] === "string" ? header["kid"] : undefined;
    const key = await keys.find(keyId, algorithm);
    if (key === undefined) return invalid("TOKEN_KEY_UNKNOWN", "the signing key is not known");
    await compactVerify(token, key, { algorithms: [algorithm] });
    return undefined;
  } catch (error) {
    if (hasCode(error, "ISSUER_KEYS_UNAVAILABLE")) {
      return problem("TOKEN_KEYS_UNAVAILABLE", "the issuer's keys cannot be fetched now", {
        headers: ["retry-after", "5"],
      });
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      return invalid("TOKEN_SIGNATURE_INVALID", "the signature does not fit");
    }
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      return malformed("the token is not a well-formed JWS");
    }
    throw error;
  }
}

function claimsFault(
  claims: TokenClaims,
  plan: TokenIssuerPlan,
  nowMs: number,
): Problem | undefined {
  const { aud, exp, nbf, iat, sub } = claims as Record<string, unknown>;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const wanted: readonly unknown[] = plan.audiences;
  if (!audiences.some((each) => wanted.includes(each))) {
    return invalid("TOKEN_AUDIENCE_WRONG", "the token is meant for another audience");
  }
  if (!isSeconds(exp)) return invalid("TOKEN_CLAIM_INVALID", "claim exp must be a number");
  const tolerance = plan.clockToleranceMs;
  if (exp * 1_000 + tolerance <= nowMs) return invalid("TOKEN_EXPIRED", "the token has expired");
  for (const [name, value] of [["nbf", nbf] as const, ["iat", iat] as const]) {
    if (value === undefined) continue;
    if (!isSeconds(value)) return invalid("TOKEN_CLAIM_INVALID", `claim ${name} must be a number`);
    if (value * 1_000 - tolerance > nowMs) {
      return invalid("TOKEN_NOT_YET_VALID", `claim ${name} lies in the future`);
    }
  }
  if (!isConsumerId(sub)) return invalid("TOKEN_CLAIM_INVALID", "claim sub must be plain text");
  return undefined;
}

function consumerOf(claims: TokenClaims, plan: TokenIssuerPlan): Consumer {
  return {
    id: String(claims["sub"]),
    scheme: "jwt",
    roles: plainNames(listOf(claims[plan.rolesClaim])),
    scopes: plainNames(listOf(claims[plan.scopesClaim])),
  };
}

function listOf(claim: unknown): readonly unknown[] {
  if (Array.isArray(claim)) return claim;
  return typeof claim === "string" ? claim.split(" ") : [];
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function decode(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function malformed(detail: string): Problem {
  return invalid("TOKEN_MALFORMED", detail);
}

function invalid(code: ProblemCode, detail: string): Problem {
  return problem(code, detail, {
    headers: [
      "www-authenticate",
      `Bearer error="invalid_token", error_description="${detail.replaceAll('"', "'")}"`,
    ],
  });
}
