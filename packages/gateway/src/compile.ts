/**
 * A gateway's plan, checked and worked out for running.
 *
 * @module
 */
import type { GatewayPlan, RoutePlan } from "@ashlar/model";
import { corsFaults } from "./cross-origin.ts";
import type { RouteRuntime } from "./edge.ts";
import { GatewayPlanError } from "./errors.ts";
import { limitsAt } from "./rate-limiter.ts";
import { changeFaults, normalizeChanges } from "./response-headers.ts";
import type { Upstream } from "./upstream.ts";

/** Base URLs of a part's port: one service address, or one for each replica. Empty: unknown. */
export type Addresses = (part: string, port: string) => readonly string[];

/** @throws {GatewayPlanError} naming every fault. */
export function checkGatewayPlan(plan: GatewayPlan, addresses: Addresses): void {
  const names = new Set(plan.routes.map((each) => each.name));
  const faults = plan.routes.flatMap((route) =>
    routeFaults(route, names, addresses).map((fault) => `route "${route.name}": ${fault}`),
  );
  if (names.size < plan.routes.length) faults.push("two routes have the same name");
  const needsTokens = plan.routes.some((each) => each.access.schemes.includes("jwt"));
  if (needsTokens && plan.issuers.length === 0) faults.push("no token issuer for routes with jwt");
  for (const issuer of plan.issuers) {
    if (issuer.audiences.length === 0) faults.push(`issuer "${issuer.name}" has no audience`);
    if (issuer.algorithms.length === 0) faults.push(`issuer "${issuer.name}" has no algorithm`);
    const { jwks } = issuer;
    const found = jwks.from === "url" ? [jwks.url] : addresses(jwks.part, jwks.port);
    if (found.length === 0) faults.push(`issuer "${issuer.name}": no address for its key set`);
    for (const each of found) {
      if (!isHttpUrl(each))
        faults.push(`issuer "${issuer.name}": "${each}" is not an HTTP address`);
    }
  }
  if (faults.length > 0) throw new GatewayPlanError(faults);
}

function routeFaults(
  route: RoutePlan,
  names: ReadonlySet<string>,
  addresses: Addresses,
): readonly string[] {
  const { part, port } = route.target;
  const found = addresses(part, port);
  const faults = found.length === 0 ? [`no address for port "${port}" of part "${part}"`] : [];
  for (const each of found) {
    if (!isHttpUrl(each)) faults.push(`"${each}" is not an HTTP address`);
  }
  if (route.cors !== null) faults.push(...corsFaults(route.cors));
  faults.push(...changeFaults(route.transform.request), ...changeFaults(route.transform.response));
  for (const limit of route.rateLimits) {
    if (!(limit.requests >= 1) || !(limit.windowMs >= 1)) faults.push("a rate limit is below 1");
  }
  for (const name of route.cache?.invalidatedBy ?? []) {
    if (!names.has(name)) faults.push(`invalidated by an unknown route "${name}"`);
  }
  if (route.cache !== null && route.access.schemes.length > 0) {
    faults.push("responses to credentials are never shared: a cached route is open");
  }
  return faults;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

export function compileRoute(
  route: RoutePlan,
  all: readonly RoutePlan[],
  upstream: Upstream,
): RouteRuntime {
  const request = normalizeChanges(route.transform.request);
  return {
    plan: route,
    upstream,
    limitsBefore: limitsAt(route, "beforeCredentials"),
    limitsAfter: limitsAt(route, "afterCredentials"),
    requestSet: Object.entries(request.set).flat(),
    requestRemove: [...request.remove, ...Object.keys(request.set)],
    responseRules: {
      changes: normalizeChanges(route.transform.response),
      ownsCors: route.cors !== null,
    },
    invalidates: all
      .filter((each) => each.cache?.invalidatedBy.includes(route.name))
      .map((each) => each.name),
  };
}
