/**
 * Reads gateways: routes, issuers, limits.
 *
 * @module
 */
import { gatewayDefaults, retryDefaults, routeDefaults } from "../defaults.ts";
import type { HeaderChangesPlan, HttpMethod, RateLimitPlan, RoutePlan } from "../plan/gateway.ts";
import type {
  CorsDraft,
  GatewayDraft,
  IssuerDraft,
  ProgramDraft,
  RouteDraft,
  TargetDraft,
} from "./draft.ts";
import {
  byteSize,
  count,
  filled,
  flag,
  isRecord,
  label,
  listOf,
  mapOf,
  may,
  milliseconds,
  need,
  orNull,
  type Read,
  shape,
  text,
  turned,
  word,
  wrongType,
} from "./reader.ts";
import { named, readTarget } from "./reference.ts";

const method = word("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
const methods: Read<readonly HttpMethod[]> = listOf(method);
const headerName = text("a header name in lower case", /^[a-z0-9!#$%&'*+.^_`|~-]+$/);
const host = text("a DNS name", /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*$/);
const noTarget: TargetDraft = { to: "text", text: "" };

const access = shape(
  "access made by an issuer's access(), apiKey(), basic() or anyOf()",
  {
    schemes: need(listOf(word("jwt", "apiKey", "basic"), { min: 1 }), []),
    issuers: may(listOf(filled), []),
    roles: may(listOf(filled), []),
    scopes: may(listOf(filled), []),
  },
  ["type"],
);
const anyone = { schemes: [], issuers: [], roles: [], scopes: [] } as const;

const rateLimit: Read<RateLimitPlan> = turned(
  shape("a rate limit", {
    by: need(word("ip", "consumer", "route"), "ip"),
    requests: need(count(1), 1),
    window: need(milliseconds(1), 1000),
  }),
  ({ by, requests, window }) => ({ by, requests, windowMs: window }),
);

const retry: Read<NonNullable<RouteDraft["retry"]>> = turned(
  shape("a retry", {
    attempts: need(count(1, 5), 1),
    perTryTimeout: may(milliseconds(1), null),
    initial: may(milliseconds(1), retryDefaults.initialMs),
    max: may(milliseconds(1), retryDefaults.maxMs),
  }),
  ({ attempts, perTryTimeout, initial, max }) => ({
    attempts,
    perTryTimeoutMs: perTryTimeout,
    initialMs: initial,
    maxMs: max,
  }),
);

const breaker: Read<RoutePlan["breaker"]> = turned(
  shape("a breaker", {
    consecutiveFailures: may(count(1), routeDefaults.breaker.consecutiveFailures),
    open: may(milliseconds(1), routeDefaults.breaker.openMs),
    maxEjectedPercent: may(count(1, 100), routeDefaults.breaker.maxEjectedPercent),
  }),
  ({ open, ...rest }) => ({ ...rest, openMs: open }),
);

const origin = text("an origin such as https://example.com", /^(\*|https?:\/\/[a-z0-9.:-]+)$/);
const cors: Read<CorsDraft> = turned(
  shape("CORS rules", {
    origins: need(listOf(origin, { min: 1 }), []),
    methods: may(methods, null),
    headers: may(listOf(headerName), routeDefaults.corsHeaders),
    exposedHeaders: may(listOf(headerName), routeDefaults.corsExposedHeaders),
    credentials: may(flag, false),
    maxAge: may(milliseconds(), routeDefaults.corsMaxAgeMs),
  }),
  ({ maxAge, ...rest }) => ({ ...rest, maxAgeMs: maxAge }),
);

const cache: Read<NonNullable<RoutePlan["cache"]>> = turned(
  shape("a cache", {
    ttl: need(milliseconds(1), 1000),
    stale: may(milliseconds(), 0),
    vary: may(listOf(headerName), []),
    maxEntry: may(byteSize, routeDefaults.cacheEntryBytesMax),
    invalidatedBy: may(listOf(filled), []),
  }),
  ({ ttl, stale, vary, maxEntry, invalidatedBy }) => ({
    ttlMs: ttl,
    staleMs: stale,
    vary,
    maxEntryBytes: maxEntry,
    invalidatedBy,
  }),
);

const noChanges: HeaderChangesPlan = { set: {}, remove: [] };
const changes: Read<HeaderChangesPlan> = shape("header changes", {
  set: may(mapOf(text(), headerName), {}),
  remove: may(listOf(headerName), []),
});
const transform = shape("a transformation", {
  request: may(changes, noChanges),
  response: may(changes, noChanges),
});

const routeFields = shape(
  "a route",
  {
    name: need(label(40), ""),
    path: need(text("a path that starts with /", /^\//), ""),
    target: need(readTarget, noTarget),
    host: may(orNull(host), null),
    methods: may(methods, []),
    protocol: may(word("http", "websocket"), null),
    rewrite: may(text("a path that starts with /", /^\//), null),
    access: may(access, anyone),
    rateLimits: may(listOf(rateLimit), []),
    bodyMax: may(byteSize, routeDefaults.bodyBytesMax),
    timeout: may(milliseconds(1), routeDefaults.timeoutMs),
    retry: may(retry, null),
    breaker: may(breaker, routeDefaults.breaker),
    cors: may(orNull(cors), undefined),
    cache: may(cache, null),
    transform: may(transform, { request: noChanges, response: noChanges }),
  },
  ["type"],
);

const readRoute: Read<RouteDraft> = (value, indexPath, faults) => {
  if (!isRecord(value)) return wrongType(value, indexPath, "a route", faults);
  const given = value["name"];
  // `gateways.api.routes[2]` becomes `gateways.api.routes.orders`.
  const path =
    typeof given === "string" && given !== ""
      ? indexPath.replace(/\[\d+\]$/, `.${given}`)
      : indexPath;
  const fields = routeFields(value, path, faults);
  if (fields === undefined) return undefined;
  const { bodyMax, timeout, target, protocol, access, retry, cors, ...rest } = fields;
  const plan = { ...rest, bodyBytesMax: bodyMax, timeoutMs: timeout };
  return { name: rest.name, path, target, protocol, access, retry, cors, plan };
};

const portPath = turned(
  shape(
    "a path on a port",
    { part: need(filled, ""), port: need(filled, ""), path: need(text("a path", /^\//), "") },
    ["type"],
  ),
  (fields) => ({ from: "part", ...fields }) as const,
);
const keysUrl = turned(text("an HTTPS address", /^https:\/\/\S+$/), (url) => ({
  from: "url" as const,
  url,
}));
type Keys = IssuerDraft["plan"]["jwks"];
const jwks: Read<Keys> = (value, path, faults) =>
  typeof value === "string" ? keysUrl(value, path, faults) : portPath(value, path, faults);

const issuerFields = shape(
  "a token issuer",
  {
    name: need(label(40), ""),
    issuer: need(filled, ""),
    audiences: need(listOf(filled, { min: 1 }), []),
    algorithms: need(listOf(word("RS256", "EdDSA", "ES256"), { min: 1 }), []),
    jwks: need(jwks, { from: "url", url: "" }),
    rolesClaim: may(filled, gatewayDefaults.rolesClaim),
    scopesClaim: may(filled, gatewayDefaults.scopesClaim),
    clockTolerance: may(milliseconds(0, 300_000), gatewayDefaults.clockToleranceMs),
  },
  ["type", "access"],
);
const readIssuer: Read<IssuerDraft> = turned(issuerFields, ({ clockTolerance, ...rest }, path) => ({
  name: rest.name,
  path,
  plan: { ...rest, clockToleranceMs: clockTolerance },
}));

const openapi = shape("an OpenAPI document", {
  title: need(filled, ""),
  version: need(filled, ""),
  path: may(text("a path", /^\/[^\s?#*{}]+$/), gatewayDefaults.openapiPath),
});
const tls = shape("TLS settings", {
  certificate: need(word("internal", "acme", "none"), "internal"),
  secret: may(named("a secret"), null),
});
const cidr = text("an address block such as 10.0.0.0/8", /^[0-9a-fA-F.:]+\/\d{1,3}$/);

const own = {
  hosts: need(listOf(host, { min: 1 }), []),
  routes: need(listOf(readRoute, { min: 1 }), []),
  issuers: may(listOf(readIssuer), []),
  sharedState: may(named("a store"), null),
  cors: may(cors, null),
  openapi: may(openapi, null),
  tls: may(tls, { certificate: "acme", secret: null } as const),
  trustedProxies: may(listOf(cidr), []),
  maxConnections: may(count(1), gatewayDefaults.maxConnections),
  maxInFlight: may(count(1), gatewayDefaults.maxInFlight),
  headersMax: may(byteSize, gatewayDefaults.headerBytesMax),
  headerTimeout: may(milliseconds(1), gatewayDefaults.headerTimeoutMs),
};
const program: ProgramDraft = {
  runtime: "node",
  entry: gatewayDefaults.entry,
  args: [],
  image: null,
};

/** What a gateway has beyond other parts: the names of its own fields, and its default program. */
export const emptyGateway: {
  readonly names: Readonly<Record<string, unknown>>;
  readonly program: ProgramDraft;
} = { names: own, program };

/** Reads a gateway's own fields; the common ones beside them are the part's reader's. */
export const readGateway: Read<GatewayDraft> = (value, path, faults) => {
  const given = isRecord(value) ? value : {};
  const names = Object.keys(own).filter((name) => given[name] !== undefined);
  const fields = shape("a gateway", own)(
    Object.fromEntries(names.map((name) => [name, given[name]])),
    path,
    faults,
  );
  if (fields === undefined) return undefined;
  const { routes, issuers, sharedState, cors, tls, headersMax, headerTimeout, ...rest } = fields;
  const plan = { ...rest, tls, headerBytesMax: headersMax, headerTimeoutMs: headerTimeout };
  return { routes, issuers, sharedState, cors, tlsSecret: tls.secret, plan };
};
