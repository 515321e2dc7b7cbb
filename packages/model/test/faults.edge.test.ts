/**
 * Goal: every fault of gateways and of what is watched is found where it stands, alone, and by its own code.
 * Method: one sound system, spoiled in one way a row; each row wants exactly the fault it names.
 */
import { describe } from "vitest";
import { alertOn, api, type FaultRow, route, set, wantsExactly } from "./fixture.ts";

const gatewayRows: readonly FaultRow[] = [
  [
    "ROUTE_CONFLICT gateways.api.routes.again",
    (s) =>
      api(s)["routes"].push({
        name: "again",
        path: "/users/{name}",
        methods: ["GET"],
        target: "web.http",
      }),
    '"users"',
  ],
  [
    "ROUTE_UNREACHABLE gateways.api.routes.users",
    (s) => {
      set(api(s), { openapi: { title: "Shop", version: "1" } });
      route(s, { path: "/openapi.json" });
    },
    "own document",
  ],
  [
    "ROUTE_UNREACHABLE gateways.api.routes.users",
    (s) =>
      api(s)["routes"].push({
        name: "again",
        path: "/users/{id}",
        host: "shop.example.com",
        target: "web.http",
      }),
    "every host",
  ],
  [
    "ROUTE_PATH_INVALID gateways.api.routes.users.path",
    (s) => route(s, { path: "/users/../admin" }),
    "no segment",
  ],
  [
    "ROUTE_PATH_INVALID gateways.api.routes.users.path",
    (s) => route(s, { path: "/users/{id}/{id}" }),
    "twice",
  ],
  [
    "ROUTE_HOST_UNKNOWN gateways.api.routes.users.host",
    (s) => route(s, { host: "shop.example.org" }),
    "did you mean",
  ],
  [
    "ROUTE_TARGET_OPS gateways.api.routes.users.target",
    (s) => route(s, { target: "users.ops" }),
    "platform alone",
  ],
  [
    "ROUTE_TARGET_PROTOCOL gateways.api.routes.users.target",
    (s) => route(s, { target: "nodes.grpc" }),
    "speaks grpc",
  ],
  [
    "ROUTE_TARGET_UNFIT gateways.api.routes.users.target",
    (s) => route(s, { target: "ledger" }),
    "port of a part",
  ],
  [
    "REFERENCE_UNKNOWN gateways.api.routes.users.target",
    (s) => route(s, { target: "user.http" }),
    'did you mean "users"?',
  ],
  [
    "REWRITE_UNKNOWN gateways.api.routes.users.rewrite",
    (s) => route(s, { rewrite: "/v2/{di}" }),
    'did you mean "id"?',
  ],
  [
    "TIMEOUT_EXCEEDS_GRACE gateways.api.routes.users.timeout",
    (s) => route(s, { timeout: "45s" }),
    "30000",
  ],
  [
    "RETRY_NOT_IDEMPOTENT gateways.api.routes.users.retry",
    (s) => route(s, { methods: ["GET", "POST"], retry: { attempts: 2 } }),
    "POST",
  ],
  [
    "RETRY_TIMEOUT gateways.api.routes.users.retry.perTryTimeout",
    (s) => route(s, { methods: ["GET"], retry: { attempts: 2, perTryTimeout: "20s" } }),
    "outlasts",
  ],
  [
    "CACHE_METHOD gateways.api.routes.users.cache",
    (s) => route(s, { cache: { ttl: "5s" } }),
    "GET",
  ],
  [
    "CACHE_SHARED gateways.api.routes.users.cache.vary",
    (s) =>
      route(s, {
        methods: ["GET"],
        cache: { ttl: "5s" },
        access: { schemes: ["jwt"], issuers: ["us"] },
      }),
    "authorization",
  ],
  [
    "REFERENCE_UNKNOWN gateways.api.routes.users.cache.invalidatedBy[0]",
    (s) => route(s, { methods: ["GET"], cache: { ttl: "5s", invalidatedBy: ["wbe"] } }),
    'did you mean "web"?',
  ],
  [
    "CORS_CREDENTIALS_ANY gateways.api.cors.credentials",
    (s) => set(api(s), { cors: { origins: ["*"], credentials: true } }),
    "refuse credentials",
  ],
  [
    "CORS_ORIGINS_MIXED gateways.api.routes.users.cors.origins",
    (s) => route(s, { cors: { origins: ["*", "https://a.example.com"] } }),
    "meaningless",
  ],
  [
    "ACCESS_ISSUER_UNKNOWN gateways.api.routes.users.access",
    (s) => route(s, { access: { schemes: ["jwt"], issuers: ["them"] } }),
    "no issuer",
  ],
  [
    "ACCESS_STATE_MISSING gateways.api.routes.users.access",
    (s) => route(s, { access: { schemes: ["apiKey"] } }),
    "sharedState",
  ],
  ["STATE_ENGINE gateways.api.sharedState", (s) => set(api(s), { sharedState: "members" }), "etcd"],
  [
    "JWKS_PORT_UNFIT gateways.api.issuers[0].jwks",
    (s) => set(api(s)["issuers"][0]["jwks"], { part: "nodes", port: "grpc" }),
    "speaks grpc",
  ],
  [
    "NAME_DUPLICATE gateways.api.routes.web",
    (s) => api(s)["routes"].push({ name: "web", path: "/more", target: "web.http" }),
    "taken",
  ],
];

const observeRows: readonly FaultRow[] = [
  [
    "METRIC_UNKNOWN alerts.UsersWait.when",
    (s) => alertOn(s, "users_waitng > 5"),
    'did you mean "users_waiting"?',
  ],
  [
    "METRIC_NOT_EXPORTED alerts.UsersWait.when",
    (s) => alertOn(s, { expression: "gone > 5", metrics: [{ kind: "gauge", name: "gone" }] }),
    "nobody exports",
  ],
  [
    "METRIC_NOT_EXPORTED alerts.UsersWait.when",
    (s) => alertOn(s, 'users_waiting{part="web"} > 5'),
    '"web" does not export',
  ],
  [
    "REFERENCE_UNKNOWN alerts.UsersWait.when",
    (s) => alertOn(s, 'users_waiting{part="user"} > 5'),
    "part",
  ],
  [
    "LABEL_UNKNOWN alerts.UsersWait.when",
    (s) => alertOn(s, 'users_made_total{bye="web"} > 5'),
    'did you mean "by"?',
  ],
  [
    "LABEL_UNKNOWN alerts.UsersWait.when",
    (s) => alertOn(s, "sum by (status) (users_waiting) > 5"),
    '"status"',
  ],
  [
    "LABEL_VALUE_UNKNOWN alerts.UsersWait.when",
    (s) => alertOn(s, 'users_made_total{by="wbe"} > 5'),
    'did you mean "web"?',
  ],
  [
    "PROMQL_INVALID alerts.UsersWait.when",
    (s) => alertOn(s, "max(users_waiting > 5"),
    '")" is missing',
  ],
  [
    "OBJECTIVE_THRESHOLD objectives.latency.threshold",
    (s) => set(s["objectives"][0], { threshold: "210ms" }),
    "bucket",
  ],
  [
    "OBJECTIVE_METRIC_KIND objectives.latency.latency",
    (s) => set(s["objectives"][0], { latency: "http_requests_total" }),
    "is a counter",
  ],
  [
    "METRIC_NOT_EXPORTED objectives.latency.latency",
    (s) => set(s["objectives"][0], { latency: "users_waiting" }),
    "does not export",
  ],
];

describe("CK1: gateways", () => wantsExactly(gatewayRows));
describe("CK1: observing", () => wantsExactly(observeRows));
