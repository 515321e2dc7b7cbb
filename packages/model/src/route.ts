/**
 * Routes: which request goes to which port, and what it must show and keep to.
 *
 * @module
 */
import type { Duration, Size } from "@ashlar/foundation";
import type { Access } from "./access.ts";
import type { HttpMethod } from "./plan/gateway.ts";
import type { PortRef } from "./port.ts";

/** A port that a route can lead to: one that speaks HTTP, and never an `ops` port. */
export type RoutablePort = PortRef<string, string, "http" | "websocket", "part" | "public">;

export interface Route<Name extends string = string> {
  readonly type: "route";
  readonly name: Name;
}

export interface RateLimit {
  /** Whom it counts: each address, each consumer (else address), or all together. */
  readonly by: "ip" | "consumer" | "route";
  /** Requests in each window, 1 or more. */
  readonly requests: number;
  readonly window: Duration;
}

export interface Retry {
  /** Attempts after the first, 1..5. */
  readonly attempts: number;
  /** Time of one attempt. Default: the route's timeout divided by all attempts. */
  readonly perTryTimeout?: Duration;
  /** First wait. Default `"50ms"`. */
  readonly initial?: Duration;
  /** Longest wait. Default `"1s"`. */
  readonly max?: Duration;
}

export interface Breaker {
  /** Failures in a row that eject a replica. Default 5. */
  readonly consecutiveFailures?: number;
  /** How long it stays ejected. Default `"30s"`. */
  readonly open?: Duration;
  /** Share of the replicas that may be ejected, 1..100. Default 50. */
  readonly maxEjectedPercent?: number;
}

export interface Cors {
  /** Exact origins, or `["*"]`, which excludes credentials. */
  readonly origins: readonly string[];
  /** Default: the route's methods, or the usual five. */
  readonly methods?: readonly HttpMethod[];
  /** Request headers that a page may send. Default: `authorization`, `content-type`, and two more. */
  readonly headers?: readonly string[];
  /** Response headers that a page may read. Default: `etag`, `retry-after`, `x-correlation-id`. */
  readonly exposedHeaders?: readonly string[];
  /** Cookies and authorization headers allowed. Default `false`. */
  readonly credentials?: boolean;
  /** How long a browser may remember the answer. Default `"10m"`. */
  readonly maxAge?: Duration;
}

export interface Cache {
  /** How long an answer is fresh. */
  readonly ttl: Duration;
  /** How long after that it may still be served while a new one is fetched. Default `"0s"`. */
  readonly stale?: Duration;
  /** Request headers that select a variant. Default: none. */
  readonly vary?: readonly string[];
  /** Largest answer kept. Default `"1Mi"`. */
  readonly maxEntry?: Size;
  /** Names of routes of this gateway whose successful writes empty it. Default: none. */
  readonly invalidatedBy?: readonly string[];
}

export interface HeaderChanges {
  /** Headers set to a fixed value. */
  readonly set?: Readonly<Record<string, string>>;
  /** Headers removed. */
  readonly remove?: readonly string[];
}

export interface RouteOptions {
  /** Only for this host. Default: any of the gateway's. */
  readonly host?: string;
  /** Default: every method. */
  readonly methods?: readonly HttpMethod[];
  /** `websocket` for upgrades. Default: `http`, or what the port alone speaks. */
  readonly protocol?: "http" | "websocket";
  /** New path; `{name}` and `*` refer to what was matched. Default: unchanged. */
  readonly rewrite?: string;
  /** Who may take it. Default: anyone. */
  readonly access?: Access;
  /** Default: none. */
  readonly rateLimits?: readonly RateLimit[];
  /** Largest body. Default `"1Mi"`. */
  readonly bodyMax?: Size;
  /** Whole time for an answer. Default `"10s"`. */
  readonly timeout?: Duration;
  /** Only on idempotent methods. Default: none. */
  readonly retry?: Retry;
  readonly breaker?: Breaker;
  /** Default: the gateway's. `null`: none. */
  readonly cors?: Cors | null;
  /** Default: none. */
  readonly cache?: Cache;
  /** Changes to headers on the way in and out. Default: none. */
  readonly transform?: { readonly request?: HeaderChanges; readonly response?: HeaderChanges };
}

/**
 * Leads `path` to `target`. `/users/{id}` matches one segment a parameter, a trailing `/*` the rest.
 * The name is unique in its gateway and labels its metrics.
 */
export function route<const Name extends string>(
  name: Name,
  path: `/${string}`,
  target: RoutablePort,
  // The fourth is the one options object; the three before are what every route has.
  options: RouteOptions = {},
): Route<Name> {
  const built = { ...options, type: "route", name, path, target } as const;
  return built;
}
