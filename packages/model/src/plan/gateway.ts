/**
 * The edge of a system: which request goes where, and what it must show and keep to.
 *
 * @module
 */

export interface GatewayPlan {
  readonly hosts: readonly string[];
  /** The more specific first; of all that match, the first counts. */
  readonly routes: readonly RoutePlan[];
  readonly issuers: readonly TokenIssuerPlan[];
  /** The store that keeps hashed API keys and exact shared limits; null: in process. */
  readonly sharedState: { readonly store: string; readonly engine: "postgres" | "redis" } | null;
  readonly tls: {
    readonly certificate: "internal" | "acme" | "none";
    readonly secret: string | null;
  };
  /** Reverse-proxy addresses (CIDR) whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly maxConnections: number;
  /** Requests in flight beyond which new ones are shed with 503 and `Retry-After`. */
  readonly maxInFlight: number;
  readonly headerBytesMax: number;
  /** From connection to complete headers: what a slow-loris gets. */
  readonly headerTimeoutMs: number;
  /** Title and version of the merged OpenAPI document, served at this path; null: not served. */
  readonly openapi: {
    readonly path: string;
    readonly title: string;
    readonly version: string;
  } | null;
}

export interface TokenIssuerPlan {
  readonly name: string;
  /** Exact `iss` claim. */
  readonly issuer: string;
  /** Accepted `aud` claims; at least one. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly ("RS256" | "EdDSA" | "ES256")[];
  /** Where its public keys are: a path on a part's port, or an HTTPS address. */
  readonly jwks:
    | { readonly from: "part"; readonly part: string; readonly port: string; readonly path: string }
    | { readonly from: "url"; readonly url: string };
  /** Claims that hold roles (array of strings) and scopes (space-separated or array). */
  readonly rolesClaim: string;
  readonly scopesClaim: string;
  readonly clockToleranceMs: number;
}

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export interface RoutePlan {
  /** Unique in its gateway; the bounded `route` label of metrics. */
  readonly name: string;
  readonly host: string | null;
  /** `/users/{id}` matches one segment a parameter; a trailing `/*` matches the rest. */
  readonly path: string;
  /** Empty: every method. */
  readonly methods: readonly HttpMethod[];
  readonly protocol: "http" | "websocket";
  readonly target: { readonly part: string; readonly port: string };
  /** Replaces the matched path; `{name}` and `*` refer to what was matched. Null: unchanged. */
  readonly rewrite: string | null;
  readonly access: AccessPlan;
  readonly rateLimits: readonly RateLimitPlan[];
  readonly bodyBytesMax: number;
  readonly timeoutMs: number;
  readonly retry: RetryPlan;
  readonly breaker: BreakerPlan;
  readonly cors: CorsPlan | null;
  readonly cache: CachePlan | null;
  readonly transform: TransformPlan;
}

export interface AccessPlan {
  /** Empty: anyone. Otherwise one of these must succeed. */
  readonly schemes: readonly ("jwt" | "apiKey" | "basic")[];
  /** Any one of these; empty: no role needed. */
  readonly roles: readonly string[];
  /** All of these. */
  readonly scopes: readonly string[];
}

export interface RateLimitPlan {
  /** Whom it counts: each address, each consumer (else address), or all together. */
  readonly by: "ip" | "consumer" | "route";
  readonly requests: number;
  readonly windowMs: number;
}

export interface RetryPlan {
  /** Attempts after the first; only for idempotent methods or requests with `Idempotency-Key`. */
  readonly attempts: number;
  readonly perTryTimeoutMs: number;
  readonly initialMs: number;
  readonly maxMs: number;
}

export interface BreakerPlan {
  /** Consecutive failures of one replica that eject it. */
  readonly consecutiveFailures: number;
  readonly openMs: number;
  /** At most this part of the replicas may be ejected. */
  readonly maxEjectedPercent: number;
}

export interface CorsPlan {
  /** Exact origins, or the single `*`, which excludes credentials. */
  readonly origins: readonly string[];
  readonly methods: readonly HttpMethod[];
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

export interface CachePlan {
  readonly ttlMs: number;
  readonly staleMs: number;
  /** Request headers that select a variant. */
  readonly vary: readonly string[];
  readonly maxEntryBytes: number;
  /** Names of routes whose successful writes empty this route's entries. */
  readonly invalidatedBy: readonly string[];
}

export interface TransformPlan {
  readonly request: HeaderChangesPlan;
  readonly response: HeaderChangesPlan;
}

export interface HeaderChangesPlan {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}
