/**
 * Gateways: every route leads somewhere, can be reached, and keeps to what HTTP allows.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { Resolved } from "../assemble/plan.ts";
import { parseRoutePath, pathPattern } from "../assemble/routes.ts";
import { ownOr } from "../assemble/sizing.ts";
import type { HttpMethod } from "../plan/gateway.ts";
import type { PortPlan } from "../plan/part.ts";
import type { CorsDraft, GatewayDraft, PartDraft, RouteDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

interface Context {
  readonly part: PartDraft;
  readonly gateway: GatewayDraft;
  readonly resolved: Resolved;
  readonly faults: Faults;
}

export function checkGateway(part: PartDraft, resolved: Resolved, faults: Faults): void {
  const { gateway } = part;
  if (gateway === null) return;
  const context = { part, gateway, resolved, faults };
  checkNames(context);
  checkState(context);
  checkIssuers(context);
  if (gateway.cors !== null) checkCors(gateway.cors, `${part.path}.cors`, faults);
  for (const route of gateway.routes) {
    checkPath(route, context);
    checkTarget(route, context);
    checkAccess(route, context);
    checkRetry(route, faults);
    checkCache(route, context);
    if (route.cors) checkCors(route.cors, `${route.path}.cors`, faults);
  }
  checkConflicts(context);
  if (gateway.tlsSecret === null) return;
  const path = `${part.path}.tls.secret`;
  find(resolved.directory.secrets, gateway.tlsSecret, { path, what: "secret", faults });
}

function checkNames({ gateway, faults }: Context): void {
  for (const list of [gateway.routes, gateway.issuers]) {
    const taken = new Set<string>();
    for (const { name, path } of list) {
      if (taken.has(name)) {
        faults.report({
          code: "NAME_DUPLICATE",
          path,
          value: name,
          expected: "a name of its own in this gateway",
          problem: `the name "${name}" is taken in this gateway`,
        });
      }
      taken.add(name);
    }
  }
}

function checkState({ part, gateway, resolved, faults }: Context): void {
  const store = resolved.directory.stores.get(gateway.sharedState ?? "");
  if (store === undefined) return; // None, or unknown and already reported as a use.
  const { engine } = store.plan;
  if (engine === "postgres" || engine === "redis") return;
  faults.report({
    code: "STATE_ENGINE",
    path: `${part.path}.sharedState`,
    value: store.name,
    expected: "a postgres or redis store",
    problem: `"${store.name}" is ${engine}, which cannot keep shared limits`,
  });
}

function portOf(part: string, port: string, { resolved }: Context): PortPlan | undefined {
  return ownOr(resolved.directory.parts.get(part)?.ports ?? {}, port);
}

function checkIssuers(context: Context): void {
  const { gateway, faults } = context;
  for (const { plan, path } of gateway.issuers) {
    if (plan.jwks.from === "url") continue;
    const port = portOf(plan.jwks.part, plan.jwks.port, context);
    if (port === undefined || port.protocol === "http") continue;
    faults.report({
      code: "JWKS_PORT_UNFIT",
      path: `${path}.jwks`,
      value: `${plan.jwks.part}.${plan.jwks.port}`,
      expected: "a path on an http port",
      problem: `port "${port.name}" speaks ${port.protocol}, not http`,
    });
  }
}

function checkCors(cors: CorsDraft, path: string, faults: Faults): void {
  if (!cors.origins.includes("*")) return;
  if (cors.credentials) {
    faults.report({
      code: "CORS_CREDENTIALS_ANY",
      path: `${path}.credentials`,
      value: true,
      expected: "exact origins, or no credentials",
      problem: 'browsers refuse credentials together with the origin "*"',
    });
  }
  if (cors.origins.length > 1) {
    faults.report({
      code: "CORS_ORIGINS_MIXED",
      path: `${path}.origins`,
      value: cors.origins.join(", "),
      expected: 'exact origins, or "*" alone',
      problem: '"*" makes the other origins meaningless',
    });
  }
}

function checkPath(route: RouteDraft, { gateway, faults }: Context): void {
  const { path, rewrite, host } = route.plan;
  if (path === "") return; // It has been refused already.
  const segments = parseRoutePath(path);
  if (typeof segments === "string") {
    faults.report({
      code: "ROUTE_PATH_INVALID",
      path: `${route.path}.path`,
      value: path,
      expected: "a path such as /users/{id} or /users/*",
      problem: `"${path}" is no route path: ${segments}`,
    });
    return;
  }
  const names = segments.flatMap((each) => (each.kind === "parameter" ? [each.name] : []));
  const hasRest = segments.at(-1)?.kind === "rest";
  const asked = [...(rewrite ?? "").matchAll(/\{([^}]*)\}|\*/g)];
  for (const [text, name] of asked) {
    if (name === undefined ? hasRest : names.includes(name)) continue;
    faults.report({
      code: "REWRITE_UNKNOWN",
      path: `${route.path}.rewrite`,
      value: name ?? text,
      expected: `one of ${[...names.map((each) => `{${each}}`), ...(hasRest ? ["*"] : [])].join(", ")}`,
      problem: `"${text}" is not matched by "${path}"`,
      candidates: names,
    });
  }
  const { hosts } = gateway.plan;
  if (host === null || hosts.some((each) => covers(each, host))) return;
  faults.report({
    code: "ROUTE_HOST_UNKNOWN",
    path: `${route.path}.host`,
    value: host,
    expected: `one of ${hosts.join(", ")}`,
    problem: `the gateway does not answer to "${host}"`,
    candidates: hosts,
  });
}

/** `*.example.com` covers one more label. */
function covers(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  return pattern.startsWith("*.") && host.slice(host.indexOf(".")) === pattern.slice(1);
}

/** Where a route leads, when that is a port; uses have reported what is unknown. */
function checkTarget(route: RouteDraft, context: Context): void {
  const { faults } = context;
  const { target } = route;
  const path = `${route.path}.target`;
  if (target.to === "text" && target.text === "") return;
  const [partName, portName] =
    target.to === "text"
      ? target.text.split(".")
      : target.to === "port"
        ? [target.part, target.port]
        : [];
  if (partName === undefined || portName === undefined) {
    faults.report({
      code: "ROUTE_TARGET_UNFIT",
      path,
      value: target.to === "text" ? target.text : target.to,
      expected: "a port of a part, such as users.ports.http",
      problem: "a route leads to a port of a part",
    });
    return;
  }
  const port = portOf(partName, portName, context);
  if (port === undefined || port.exposure === "ops") return;
  const asked = route.protocol ?? (port.protocol === "websocket" ? "websocket" : "http");
  const speaks = port.protocol === "http" || port.protocol === asked;
  if (!speaks) {
    faults.report({
      code: "ROUTE_TARGET_PROTOCOL",
      path,
      value: `${partName}.${portName}`,
      expected: `a port that speaks ${asked}`,
      problem: `port "${portName}" of ${partName} speaks ${port.protocol}, not ${asked}`,
    });
  }
  const graceMs = context.resolved.directory.parts.get(partName)?.stop.graceMs ?? 0;
  if (asked === "websocket" || route.plan.timeoutMs <= graceMs) return;
  faults.report({
    code: "TIMEOUT_EXCEEDS_GRACE",
    path: `${route.path}.timeout`,
    value: route.plan.timeoutMs,
    expected: `at most the stop grace of ${partName}, ${graceMs} ms`,
    problem: `${route.plan.timeoutMs} ms is longer than the ${graceMs} ms that ${partName} has to finish`,
  });
}

function checkAccess(route: RouteDraft, { part, gateway, faults }: Context): void {
  const { schemes, issuers } = route.access;
  const path = `${route.path}.access`;
  const known = gateway.issuers.map((issuer) => issuer.name);
  const wanted = schemes.includes("jwt") && known.length === 0 ? ["jwt", ...issuers] : issuers;
  for (const name of wanted) {
    if (known.includes(name)) continue;
    faults.report({
      code: "ACCESS_ISSUER_UNKNOWN",
      path,
      value: name,
      expected: `an issuer of ${part.name}: ${known.join(", ") || "none is listed"}`,
      problem: `"${name}" is no issuer of ${part.name}`,
      candidates: known,
    });
    break;
  }
  const stored = schemes.filter((scheme) => scheme !== "jwt");
  if (stored.length === 0 || gateway.sharedState !== null) return;
  faults.report({
    code: "ACCESS_STATE_MISSING",
    path,
    value: stored.join(", "),
    expected: "a sharedState store in the gateway, which keeps the keys hashed",
    problem: `${stored.join(" and ")} access needs the gateway's sharedState`,
  });
}

const repeatable: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

function checkRetry(route: RouteDraft, faults: Faults): void {
  const { retry } = route;
  if (retry === null) return;
  const { methods, timeoutMs } = route.plan;
  const risky = methods.filter((method) => !repeatable.has(method));
  if (methods.length === 0 || risky.length > 0) {
    const named = methods.length === 0 ? "any method" : risky.join(", ");
    faults.report({
      code: "RETRY_NOT_IDEMPOTENT",
      path: `${route.path}.retry`,
      value: named,
      expected: `methods among ${[...repeatable].join(", ")}`,
      problem: `repeating ${named} could do its work twice`,
    });
  }
  if (retry.perTryTimeoutMs === null || retry.perTryTimeoutMs <= timeoutMs) return;
  faults.report({
    code: "RETRY_TIMEOUT",
    path: `${route.path}.retry.perTryTimeout`,
    value: retry.perTryTimeoutMs,
    expected: `at most the route's timeout, ${timeoutMs} ms`,
    problem: `one attempt of ${retry.perTryTimeoutMs} ms outlasts the whole timeout of ${timeoutMs} ms`,
  });
}

function checkCache(route: RouteDraft, { gateway, faults }: Context): void {
  const { cache, methods } = route.plan;
  if (cache === null) return;
  const path = `${route.path}.cache`;
  if (methods.length === 0 || methods.some((method) => method !== "GET" && method !== "HEAD")) {
    faults.report({
      code: "CACHE_METHOD",
      path,
      value: methods.join(", ") || "any method",
      expected: 'methods: ["GET"], or GET and HEAD',
      problem: "only answers to GET and HEAD can be kept",
    });
  }
  const header = route.access.schemes.includes("apiKey") ? "x-api-key" : "authorization";
  if (route.access.schemes.length > 0 && !cache.vary.includes(header)) {
    faults.report({
      code: "CACHE_SHARED",
      path: `${path}.vary`,
      value: cache.vary.join(", "),
      expected: `vary: ["${header}"]`,
      problem: "one consumer would get another's answer",
    });
  }
  const routes = new Map(gateway.routes.map((each) => [each.name, each]));
  for (const [at, name] of cache.invalidatedBy.entries()) {
    find(routes, name, { path: `${path}.invalidatedBy[${at}]`, what: "route", faults });
  }
}

function overlap(a: readonly HttpMethod[], b: readonly HttpMethod[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((method) => b.includes(method));
}

function includes(a: readonly HttpMethod[], b: readonly HttpMethod[]): boolean {
  return a.length === 0 || (b.length > 0 && b.every((method) => a.includes(method)));
}

/** Requests that a route matches, but for host and method. */
function matched(route: RouteDraft): string {
  return `${route.protocol ?? "http"} ${pathPattern(route.plan.path)}`;
}

function checkConflicts(context: Context): void {
  const { gateway, faults } = context;
  const { routes } = gateway;
  for (const [at, route] of routes.entries()) {
    const other = routes
      .slice(0, at)
      .find(
        (each) =>
          matched(each) === matched(route) &&
          each.plan.host === route.plan.host &&
          overlap(each.plan.methods, route.plan.methods),
      );
    if (other !== undefined) {
      faults.report({
        code: "ROUTE_CONFLICT",
        path: route.path,
        value: route.plan.path,
        expected: "another path, host or method",
        problem: `matches the same requests as "${other.name}"`,
      });
    }
    checkReach(route, context);
  }
}

/** A route that others always win over is a mistake. */
function checkReach(route: RouteDraft, { gateway, faults }: Context): void {
  const { openapi, hosts } = gateway.plan;
  const unreachable = (problem: string): void => {
    faults.report({
      code: "ROUTE_UNREACHABLE",
      path: route.path,
      value: route.plan.path,
      expected: "a path that nothing more specific takes",
      problem,
    });
  };
  if (openapi !== null && route.plan.path === openapi.path) {
    unreachable(`cannot be reached: "${openapi.path}" is the gateway's own document`);
  }
  if (route.plan.host !== null || hosts.length === 0) return;
  const shadowed = hosts.every(
    (host) =>
      !host.startsWith("*.") &&
      gateway.routes.some(
        (other) =>
          other.plan.host === host &&
          matched(other) === matched(route) &&
          includes(other.plan.methods, route.plan.methods),
      ),
  );
  if (shadowed) unreachable("cannot be reached: every host has a route of its own for it");
}
