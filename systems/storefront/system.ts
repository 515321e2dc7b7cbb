/**
 * The storefront: people register, order and pay; each step is told to them by mail.
 *
 * Three services behind one gateway. They share no table: each has a database of its own, and
 * what one must tell another goes through the `events` stream.
 */

import { httpRequestsInFlight, httpRequestsTotal } from "@ashlar/foundation";
import {
  alert,
  bytes,
  cpu,
  daily,
  defineSystem,
  environment,
  external,
  gateway,
  http,
  jwtIssuer,
  memory,
  metric,
  namespace,
  node,
  objective,
  ops,
  postgres,
  privateKey,
  promql,
  route,
  secret,
  service,
  stream,
  supplied,
} from "@ashlar/model";
import { tokenAudience, tokenIssuer } from "./common/issuer.ts";
import { notificationsConfig } from "./notifications/config.ts";
import { notificationMetrics } from "./notifications/metrics.ts";
import { ordersConfig } from "./orders/config.ts";
import { orderMetrics } from "./orders/metrics.ts";
import { usersConfig } from "./users/config.ts";
import { userMetrics } from "./users/metrics.ts";

const shop = namespace("storefront", { tier: "application" });

const usersDb = postgres("users-db", { migrations: "./users/migrations", backup: daily() });
const ordersDb = postgres("orders-db", { migrations: "./orders/migrations", backup: daily() });
const notificationsDb = postgres("notifications-db", {
  migrations: "./notifications/migrations",
  backup: daily(),
});
const edgeDb = postgres("edge-db", {
  summary: "Shared rate limits and hashed API keys.",
  backup: daily(),
});

const events = stream("events", { kind: "log", retention: "7d" });

const tokens = secret("tokens", {
  summary: "Signs access tokens; derives the tokens that are mailed.",
  keys: { signing: privateKey("ed25519"), mail: bytes(32) },
  rotation: "90d",
});
const serviceKeys = secret("service-keys", {
  summary: "Lets notifications, and nobody else, ask users for a person's address.",
  keys: { contacts: bytes(32) },
  rotation: "90d",
});
const paymentKey = secret("payment", {
  summary: "The payment provider's API key.",
  keys: { api: supplied({ local: "sandbox" }) },
});

const smtp = external("smtp", {
  summary: "Mail relay.",
  protocol: "smtp",
  host: "smtp.example.com",
  port: 587,
  local: "mailbox",
});
const payments = external("payments", {
  summary: "Payment provider.",
  protocol: "https",
  host: "api.payments.example.com",
  local: "none",
});

const users = service("users", {
  summary: "Accounts, sessions, roles.",
  program: node("./users/main.ts"),
  ports: { http: http(3001), ops: ops(9091) },
  uses: [usersDb, events.publish],
  config: usersConfig,
  secrets: [tokens.keys.signing, tokens.keys.mail, serviceKeys.keys.contacts],
  metrics: userMetrics,
  scale: { min: 2, max: 10, on: [cpu(70), memory(80)] },
});

const orders = service("orders", {
  summary: "Products, stock, orders, payment.",
  program: node("./orders/main.ts"),
  ports: { http: http(3002), ops: ops(9092) },
  uses: [ordersDb, events.publish, users.ports.http, payments],
  config: ordersConfig,
  secrets: [paymentKey.keys.api],
  metrics: orderMetrics,
  scale: { min: 2, max: 10, on: [cpu(70), metric(httpRequestsInFlight, { perReplica: 50 })] },
});

const notifications = service("notifications", {
  summary: "Mail, SMS and push, once per event.",
  program: node("./notifications/main.ts"),
  ports: { http: http(3003), ops: ops(9093) },
  uses: [notificationsDb, events.consume("notifications"), users.ports.http, smtp],
  config: notificationsConfig,
  secrets: [serviceKeys.keys.contacts],
  metrics: notificationMetrics,
  scale: { min: 2, max: 8, on: [cpu(70)] },
});

const sessions = jwtIssuer("storefront", {
  issuer: tokenIssuer,
  audiences: [tokenAudience],
  algorithms: ["EdDSA"],
  jwks: users.ports.http.path("/.well-known/jwks.json"),
});

const signedIn = sessions.access();
const staff = sessions.access({ roles: ["admin", "staff"] });

const api = gateway("api", {
  summary: "The only way in.",
  ports: { http: http(8080, { exposure: "public" }), ops: ops(9090) },
  hosts: ["storefront.example.com"],
  uses: [edgeDb],
  sharedState: edgeDb,
  issuers: [sessions],
  cors: { origins: ["https://storefront.example.com"], credentials: true },
  openapi: { title: "Storefront", version: "1.0.0" },
  routes: [
    route("sign-in", "/api/auth/*", users.ports.http, {
      methods: ["POST"],
      rateLimits: [{ by: "ip", requests: 60, window: "1m" }],
    }),
    route("users", "/api/users/*", users.ports.http, { access: signedIn }),
    route("products", "/api/products/*", orders.ports.http, {
      methods: ["GET"],
      cache: { ttl: "5s", vary: ["accept"], invalidatedBy: ["catalogue"] },
    }),
    route("catalogue", "/api/products/*", orders.ports.http, {
      methods: ["POST", "PUT", "PATCH", "DELETE"],
      access: staff,
    }),
    route("orders", "/api/orders/*", orders.ports.http, {
      access: signedIn,
      rateLimits: [{ by: "consumer", requests: 300, window: "1m" }],
    }),
    route("notifications", "/api/notifications/*", notifications.ports.http, { access: signedIn }),
  ],
});

const availability = objective("availability", {
  part: api,
  good: promql`rate(${httpRequestsTotal}{part="api",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="api"}[5m])`,
  target: 0.999,
  window: "30d",
});

const ordersStuck = alert("OrdersStuck", {
  summary: "Payments are authorised but not captured.",
  runbook: "Look at the orders log for PAYMENT_TIMEOUT; the reconciler retries every minute.",
  when: promql`max(${orderMetrics.paymentsPending}) > 50`,
  for: "10m",
  severity: "critical",
});

export default defineSystem({
  name: "storefront",
  summary: "User, order and notification services behind an API gateway.",
  owner: { team: "shop", email: "shop@example.com" },
  namespaces: [shop],
  parts: [users, orders, notifications, api],
  stores: [usersDb, ordersDb, notificationsDb, edgeDb],
  streams: [events],
  externals: [smtp, payments],
  secrets: [tokens, serviceKeys, paymentKey],
  objectives: [availability],
  alerts: [ordersStuck],
  environments: {
    dev: environment({ replicas: 1, config: { users: { adminNeedsVerifiedEmail: false } } }),
    small: environment({}),
    large: environment({ scale: { users: { max: 40 }, orders: { max: 40 } } }),
  },
});
