/**
 * Gateways: the edge of a system.
 *
 * @module
 */
import type { Duration, Size } from "@ashlar/foundation";
import type { JwtIssuer } from "./jwt-issuer.ts";
import { type Part, part, type ScaledPartOptions } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";
import type { Program } from "./program.ts";
import type { Cors, Route } from "./route.ts";
import type { Secret } from "./secret.ts";
import type { Store } from "./store.ts";

export interface GatewayOptions<Declared extends Ports> extends ScaledPartOptions<Declared> {
  /** Default `node("@ashlar/gateway-app")`. */
  readonly program?: Program;
  /** DNS names that it answers to, at least one. */
  readonly hosts: readonly string[];
  /** At least one. Their targets become its uses. */
  readonly routes: readonly Route[];
  /** Token issuers that it believes. Default: none. */
  readonly issuers?: readonly JwtIssuer[];
  /** Where hashed API keys and exact shared limits live. Default: in each process. */
  readonly sharedState?: Store<string, "postgres" | "redis">;
  /** For every route that says nothing else. Default: none. */
  readonly cors?: Cors;
  /** One merged document of all services' APIs. Default: not served. */
  readonly openapi?: {
    readonly title: string;
    readonly version: string;
    /** Default `/openapi.json`. */
    readonly path?: `/${string}`;
  };
  /** Where its certificate comes from. Default `acme`, or `internal` for hosts no one else can see. */
  readonly tls?: {
    readonly certificate: "internal" | "acme" | "none";
    readonly secret?: Secret;
  };
  /** Reverse proxies (CIDR) whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Open connections of one replica. Default 10,000. */
  readonly maxConnections?: number;
  /** Requests in flight beyond which new ones are shed. Default 1,000. */
  readonly maxInFlight?: number;
  /** All headers of a request together. Default `"16Ki"`. */
  readonly headersMax?: Size;
  /** From connection to complete headers. Default `"10s"`. */
  readonly headerTimeout?: Duration;
}

/** The way in: routes with access, limits, CORS, caching and load shedding. */
export function gateway<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: GatewayOptions<Declared>,
): Part<Name, Declared, "gateway"> {
  return part("gateway", name, options);
}
