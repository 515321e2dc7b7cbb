/**
 * Schema of gateways in a Plan.
 *
 * @module
 */
import { z } from "zod";
import type { CorsPlan, GatewayPlan, RoutePlan, TokenIssuerPlan } from "./gateway.ts";

const text = z.string();
const texts = z.array(text).readonly();
const count = z.int().nonnegative();
const methods = z
  .array(z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
  .readonly();
const headerChanges = z.strictObject({ set: z.record(text, text), remove: texts });

const issuer: z.ZodType<TokenIssuerPlan> = z.strictObject({
  name: text,
  issuer: text,
  audiences: texts,
  algorithms: z.array(z.enum(["RS256", "EdDSA", "ES256"])).readonly(),
  jwks: z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("part"), part: text, port: text, path: text }),
    z.strictObject({ from: z.literal("url"), url: text }),
  ]),
  rolesClaim: text,
  scopesClaim: text,
  clockToleranceMs: count,
});

const cors: z.ZodType<CorsPlan> = z.strictObject({
  origins: texts,
  methods,
  headers: texts,
  exposedHeaders: texts,
  credentials: z.boolean(),
  maxAgeMs: count,
});

const route: z.ZodType<RoutePlan> = z.strictObject({
  name: text,
  host: text.nullable(),
  path: text,
  methods,
  protocol: z.enum(["http", "websocket"]),
  target: z.strictObject({ part: text, port: text }),
  rewrite: text.nullable(),
  access: z.strictObject({
    schemes: z.array(z.enum(["jwt", "apiKey", "basic"])).readonly(),
    roles: texts,
    scopes: texts,
  }),
  rateLimits: z
    .array(
      z.strictObject({
        by: z.enum(["ip", "consumer", "route"]),
        requests: z.int().positive(),
        windowMs: z.int().positive(),
      }),
    )
    .readonly(),
  bodyBytesMax: count,
  timeoutMs: z.int().positive(),
  retry: z.strictObject({
    attempts: count,
    perTryTimeoutMs: count,
    initialMs: count,
    maxMs: count,
  }),
  breaker: z.strictObject({
    consecutiveFailures: z.int().positive(),
    openMs: count,
    maxEjectedPercent: z.int().min(1).max(100),
  }),
  cors: cors.nullable(),
  cache: z
    .strictObject({
      ttlMs: count,
      staleMs: count,
      vary: texts,
      maxEntryBytes: count,
      invalidatedBy: texts,
    })
    .nullable(),
  transform: z.strictObject({ request: headerChanges, response: headerChanges }),
});

export const gatewaySchema: z.ZodType<GatewayPlan> = z
  .strictObject({
    hosts: texts,
    routes: z.array(route).readonly(),
    issuers: z.array(issuer).readonly(),
    sharedState: z.strictObject({ store: text, engine: z.enum(["postgres", "redis"]) }).nullable(),
    tls: z.strictObject({
      certificate: z.enum(["internal", "acme", "none"]),
      secret: text.nullable(),
    }),
    trustedProxies: texts,
    maxConnections: z.int().positive(),
    maxInFlight: z.int().positive(),
    headerBytesMax: z.int().positive(),
    headerTimeoutMs: z.int().positive(),
    openapi: z.strictObject({ path: text, title: text, version: text }).nullable(),
  })
  .meta({ id: "GatewayPlan" });
