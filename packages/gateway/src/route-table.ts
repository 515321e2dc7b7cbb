/**
 * Which route a request belongs to. Compiled once from the Plan into a tree of path segments.
 *
 * - GR1  `{name}` matches one non-empty segment; a trailing `/*` matches the rest, also an empty one,
 *        so `/users/*` matches `/users`, `/users/` and `/users/7`.
 * - GR2  The most specific path pattern wins: segment by segment from the left, a literal before a
 *        parameter before a rest. A route with a host wins over one without.
 * - GR3  Methods are looked at after the path: a path that exists for other methods is 405 with
 *        `Allow`, and never falls through to a wider pattern that may be less guarded.
 * - GR4  Two routes that would match the same requests are a fault at start.
 *
 * @module
 */
import type { HttpMethod, RoutePlan } from "@ashlar/model";
import { GatewayPlanError } from "./errors.ts";

export interface RouteMatch {
  readonly route: RoutePlan;
  /** The path to send to the service: the matched one, or the route's rewrite of it. */
  readonly upstreamPath: string;
}

/** A path that exists, but not for this method or protocol. */
export interface MethodMismatch {
  readonly allow: readonly string[];
  /** What the path does serve. */
  readonly protocols: ReadonlySet<RoutePlan["protocol"]>;
}

export interface RouteQuery {
  /** Lower case, without a port. */
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly protocol: RoutePlan["protocol"];
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  rest: Entry | undefined;
  end: Entry | undefined;
}

interface Entry {
  readonly routes: CompiledRoute[];
}

interface CompiledRoute {
  readonly route: RoutePlan;
  readonly names: readonly string[];
  readonly rewrite: readonly RewritePiece[] | null;
}

type RewritePiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "parameter"; readonly index: number }
  | { readonly kind: "rest" };

interface Found {
  readonly entry: Entry;
  readonly parameters: readonly string[];
  /** What `/*` matched, with its leading slash; empty where nothing. */
  readonly rest: string;
}

/** Every method that a route may name, in the order in which `Allow` lists them. */
export const everyMethod: readonly HttpMethod[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
];

export class RouteTable {
  readonly #byHost = new Map<string | null, Node>();

  /** @throws {GatewayPlanError} naming every bad or ambiguous pattern. */
  constructor(routes: readonly RoutePlan[]) {
    const faults: string[] = [];
    for (const route of routes) {
      const fault = this.#add(route);
      if (fault !== undefined) faults.push(`route "${route.name}": ${fault}`);
    }
    if (faults.length > 0) throw new GatewayPlanError(faults);
  }

  /** The route for a request; what the path serves instead; or undefined: there is no such path. */
  match(query: RouteQuery): RouteMatch | MethodMismatch | undefined {
    const segments = query.path.slice(1).split("/");
    const hosted = this.#byHost.get(query.host);
    const anywhere = this.#byHost.get(null);
    const found =
      (hosted === undefined ? undefined : find(hosted, segments, 0)) ??
      (anywhere === undefined ? undefined : find(anywhere, segments, 0));
    if (found === undefined) return undefined;
    for (const compiled of found.entry.routes) {
      const { route } = compiled;
      if (route.protocol === query.protocol && allows(route, query.method)) {
        return { route, upstreamPath: upstreamPath(compiled, found, query.path) };
      }
    }
    return mismatch(found.entry.routes);
  }

  #add(route: RoutePlan): string | undefined {
    const host = route.host?.toLowerCase() ?? null;
    let node = this.#byHost.get(host);
    if (node === undefined) {
      node = emptyNode();
      this.#byHost.set(host, node);
    }
    if (!route.path.startsWith("/")) return `path "${route.path}" must begin with /`;
    const names: string[] = [];
    const segments = route.path.slice(1).split("/");
    for (const [i, segment] of segments.entries()) {
      if (segment === "*") {
        if (i !== segments.length - 1) return "/* may only end a path";
        return attach((node.rest ??= { routes: [] }), route, names);
      }
      const name = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(segment)?.[1];
      if (name !== undefined) {
        names.push(name);
        node = node.parameter ??= emptyNode();
        continue;
      }
      if (/[{}*]/.test(segment)) return `segment "${segment}" mixes a pattern with text`;
      let next: Node | undefined = node.literals.get(segment);
      if (next === undefined) {
        next = emptyNode();
        node.literals.set(segment, next);
      }
      node = next;
    }
    return attach((node.end ??= { routes: [] }), route, names);
  }
}

/** True for what {@link RouteTable.match} returns when a route was found. */
export function isRouteMatch(result: RouteMatch | MethodMismatch): result is RouteMatch {
  return "route" in result;
}

function emptyNode(): Node {
  return { literals: new Map(), parameter: undefined, rest: undefined, end: undefined };
}

function attach(entry: Entry, route: RoutePlan, names: readonly string[]): string | undefined {
  const other = entry.routes.find(
    (each) => each.route.protocol === route.protocol && overlap(each.route, route),
  );
  if (other !== undefined) return `matches the same requests as "${other.route.name}" (GR4)`;
  const rewrite = compileRewrite(route, names);
  if (typeof rewrite === "string") return rewrite;
  entry.routes.push({ route, names, rewrite });
  return undefined;
}

function overlap(a: RoutePlan, b: RoutePlan): boolean {
  if (a.methods.length === 0 || b.methods.length === 0) return true;
  return a.methods.some((method) => b.methods.includes(method));
}

/** HEAD is answered wherever GET is. */
function allows(route: RoutePlan, method: string): boolean {
  if (route.methods.length === 0) return (everyMethod as readonly string[]).includes(method);
  const methods: readonly string[] = route.methods;
  return methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

function mismatch(routes: readonly CompiledRoute[]): MethodMismatch {
  const http = routes.filter(({ route }) => route.protocol === "http");
  const allow = everyMethod.filter((method) => http.some(({ route }) => allows(route, method)));
  return {
    allow: http.length === 0 ? ["GET"] : allow,
    protocols: new Set(routes.map(({ route }) => route.protocol)),
  };
}

/** Depth first, most specific child first; a pattern has few segments, so recursion is bounded. */
function find(node: Node, segments: readonly string[], at: number): Found | undefined {
  const segment = segments[at];
  if (segment === undefined) {
    const entry = node.end ?? node.rest;
    return entry === undefined ? undefined : { entry, parameters: [], rest: "" };
  }
  const literal = node.literals.get(segment);
  const byLiteral = literal === undefined ? undefined : find(literal, segments, at + 1);
  if (byLiteral !== undefined) return byLiteral;
  if (node.parameter !== undefined && segment !== "") {
    const found = find(node.parameter, segments, at + 1);
    if (found !== undefined) return { ...found, parameters: [segment, ...found.parameters] };
  }
  if (node.rest === undefined) return undefined;
  return { entry: node.rest, parameters: [], rest: `/${segments.slice(at).join("/")}` };
}

function compileRewrite(
  route: RoutePlan,
  names: readonly string[],
): readonly RewritePiece[] | null | string {
  if (route.rewrite === null) return null;
  if (!route.rewrite.startsWith("/")) return `rewrite "${route.rewrite}" must begin with /`;
  const pieces: RewritePiece[] = [];
  for (const segment of route.rewrite.slice(1).split("/")) {
    if (segment === "*") {
      if (!route.path.endsWith("/*")) return "rewrite uses * and the path has none";
      pieces.push({ kind: "rest" });
      continue;
    }
    pieces.push({ kind: "text", text: "/" });
    for (const part of segment.split(/(\{[^}]*\})/)) {
      const name = /^\{(.*)\}$/.exec(part)?.[1];
      if (name === undefined) {
        pieces.push({ kind: "text", text: part });
        continue;
      }
      const index = names.indexOf(name);
      if (index < 0) return `rewrite uses {${name}}, the path does not`;
      pieces.push({ kind: "parameter", index });
    }
  }
  return pieces;
}

function upstreamPath(compiled: CompiledRoute, found: Found, path: string): string {
  if (compiled.rewrite === null) return path;
  let rewritten = "";
  for (const piece of compiled.rewrite) {
    if (piece.kind === "text") rewritten += piece.text;
    else if (piece.kind === "rest") rewritten += found.rest;
    else rewritten += found.parameters[piece.index] ?? "";
  }
  return rewritten === "" ? "/" : rewritten;
}
