/**
 * Verifies bearer tokens (JWT) by the keys that their issuer publishes.
 *
 * The gateway has verified them already; a service verifies again, so that what reaches it without
 * passing the gateway gets no further.
 *
 * - BA1  A token is accepted only with one of the listed algorithms (never `none`, never a
 *        symmetric one), a published key, the exact issuer, the audience, a subject, and an expiry
 *        to come.
 * - BA2  A verified token is remembered for at most a minute and never beyond its expiry; at most a
 *        thousand are remembered.
 * - BA3  Keys that cannot be fetched are a 503, not a 401: the token is not judged.
 *
 * Source: RFC 7519, RFC 8725.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { type Clock, describeError } from "@ashlar/foundation";
import { nodeHttp } from "@ashlar/telemetry";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import {
  BearerKeysError,
  BearerTokenMissingError,
  BearerTokenRefusedError,
  NotOwnerError,
  RoleInsufficientError,
} from "./errors.ts";

/** Asymmetric signatures only: a service that can verify must not be able to sign. */
export type TokenAlgorithm = "EdDSA" | "RS256" | "RS384" | "RS512" | "PS256" | "ES256" | "ES384";

export interface BearerAuthOptions {
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: string | URL;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly clock: Clock;
  /** The claim that lists roles. Default `roles`. */
  readonly rolesClaim?: string;
}

/** Whom a token speaks for. */
export interface Principal {
  readonly subject: string;
  readonly roles: readonly string[];
  /** Words of the `scope` claim. */
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface BearerAuth {
  /** As an `onRequest` hook: refuses requests without a good token; see {@link principalOf}. */
  readonly authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** @throws {BearerTokenRefusedError} {@link BearerKeysError} */
  verify(token: string): Promise<Principal>;
}

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal | null;
  }
}

const tokenCharactersMax = 8_192;
const rememberedMax = 1_000;
const rememberMs = 60_000;
const toleranceSeconds = 5;
const keysTimeoutMs = 3_000;
const keysBytesMax = 256 * 1024;

export function bearerAuth(options: BearerAuthOptions): BearerAuth {
  const remembered = new TokenCache(options.clock);
  const verifier = openVerifier(options);
  verifier.catch(() => undefined); // Shown by the first token.
  const verify = async (token: string): Promise<Principal> => {
    const known = remembered.find(token);
    if (known !== undefined) return known;
    if (token.length > tokenCharactersMax) throw new BearerTokenRefusedError("it is too long");
    const claims = await (await verifier)(token);
    const principal = principalFrom(claims, options.rolesClaim ?? "roles");
    remembered.keep(token, principal, (claims.exp ?? 0) * 1_000);
    return principal;
  };
  return {
    verify,
    authenticate: async (request) => {
      request.principal = await verify(bearerTokenOf(request.headers.authorization));
    },
  };
}

/** @throws {BearerTokenMissingError} */
function bearerTokenOf(authorization: string | undefined): string {
  const [, token] = /^Bearer +([\w~+/.=-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw new BearerTokenMissingError();
  return token;
}

/**
 * Who makes the request.
 *
 * @throws {BearerTokenMissingError} where {@link BearerAuth.authenticate} has not run.
 */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null || request.principal === undefined) {
    throw new BearerTokenMissingError();
  }
  return request.principal;
}

/** @throws {RoleInsufficientError} if the principal has none of `roles`. */
export function requireRole(principal: Principal, ...roles: readonly string[]): void {
  if (!roles.some((each) => principal.roles.includes(each))) throw new RoleInsufficientError(roles);
}

/** True if the resource is the principal's own, or a role lets it see everybody's. */
export function mayAccess(
  principal: Principal,
  ownerId: string,
  roles: readonly string[] = [],
): boolean {
  return principal.subject === ownerId || roles.some((each) => principal.roles.includes(each));
}

/** @throws {NotOwnerError} a 404, as if there were nothing: whether there is, is not told. */
export function requireOwner(
  principal: Principal,
  ownerId: string,
  roles: readonly string[] = [],
): void {
  if (!mayAccess(principal, ownerId, roles)) throw new NotOwnerError();
}

function principalFrom(claims: JWTPayload, rolesClaim: string): Principal {
  const roles = claims[rolesClaim];
  const scope = claims["scope"];
  return {
    subject: claims.sub ?? "",
    roles: Array.isArray(roles) ? roles.filter((each) => typeof each === "string") : [],
    scopes: typeof scope === "string" ? scope.split(" ").filter((each) => each !== "") : [],
    claims,
  };
}

/** jose is loaded only by services that verify tokens. */
async function openVerifier(
  options: BearerAuthOptions,
): Promise<(token: string) => Promise<JWTPayload>> {
  const jose = await import("jose");
  const url = new URL(options.jwksUrl);
  const published = jose.createRemoteJWKSet(url, {
    timeoutDuration: keysTimeoutMs,
    cooldownDuration: 5_000,
    cacheMaxAge: 600_000,
    [jose.customFetch]: fetchKeys,
  });
  // A fault while fetching must not be taken for a fault of the token (BA3).
  const keys: JWTVerifyGetKey = async (header, token) => {
    try {
      return await published(header, token);
    } catch (error) {
      const isUnknown = error instanceof jose.errors.JWKSNoMatchingKey;
      throw isUnknown ? error : new BearerKeysError(url.href, describeError(error), error);
    }
  };
  return async (token) => {
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: [...options.algorithms],
        clockTolerance: toleranceSeconds,
        requiredClaims: ["exp", "sub"],
        // oxlint-disable-next-line no-restricted-globals -- wraps the given clock's time
        currentDate: new Date(options.clock.wallMs()),
      });
      return payload;
    } catch (error) {
      if (error instanceof BearerKeysError) throw error;
      throw new BearerTokenRefusedError(describeError(error));
    }
  };
}

/** A fetch that is just enough for jose; the built-in one would load the whole of undici. */
function fetchKeys(
  url: string,
  init: { readonly signal: AbortSignal; readonly headers: Headers },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { signal: init.signal, headers: { accept: "application/json" } };
    const answer = (response: IncomingMessage): void => {
      readBody(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            json: () => Promise.resolve(JSON.parse(text)),
          } as Response),
        reject,
      );
    };
    const target = new URL(url);
    if (target.protocol === "https:") {
      import("node:https").then(
        ({ get }) => get(target, options, answer).once("error", reject),
        reject,
      );
    } else {
      nodeHttp.get(target, options, answer).once("error", reject);
    }
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > keysBytesMax) {
      response.destroy();
      throw new BearerKeysError("", "the key set is too large", undefined);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

interface Remembered {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** BA2 */
class TokenCache {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(token: string): Principal | undefined {
    const found = this.#tokens.get(token);
    if (found === undefined) return undefined;
    if (found.untilMs > this.#clock.wallMs()) return found.principal;
    this.#tokens.delete(token);
    return undefined;
  }

  keep(token: string, principal: Principal, expiresMs: number): void {
    const oldest = this.#tokens.keys().next().value;
    if (this.#tokens.size >= rememberedMax && oldest !== undefined) this.#tokens.delete(oldest);
    const untilMs = Math.min(expiresMs, this.#clock.wallMs() + rememberMs);
    this.#tokens.set(token, { principal, untilMs });
  }
}
