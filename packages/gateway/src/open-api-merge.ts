/**
 * One OpenAPI 3.1 document out of the services' own: what the gateway's clients can really call.
 *
 * - GO1  Holds exactly the operations that a route reaches, under their public paths, each with the
 *        route's security and nothing else.
 * - GO2  Holds only components that those operations refer to; two services' different components of
 *        one name are told apart by the service's name, equal ones are shared.
 *
 * Source: OpenAPI Specification 3.1.1.
 *
 * @module
 */
import type { RoutePlan } from "@ashlar/model";
import { isRouteMatch, type RouteTable } from "./route-table.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface OpenApiMerge {
  readonly title: string;
  readonly version: string;
  readonly routes: readonly RoutePlan[];
  readonly table: RouteTable;
  /** By part name: the service's own document. */
  readonly documents: ReadonlyMap<string, JsonObject>;
}

const methods = ["get", "head", "post", "put", "patch", "delete", "options"] as const;

const securitySchemes = {
  jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
  basic: { type: "http", scheme: "basic" },
} as const;

export function mergeOpenApi(merge: OpenApiMerge): JsonObject {
  const components = new Components(merge.documents);
  const paths: Record<string, Record<string, Json>> = {};
  const operationIds = new Set<string>();
  const tags = new Map<string, Json>();
  const schemes = new Set<keyof typeof securitySchemes>();
  for (const route of merge.routes) {
    const { part } = route.target;
    const document = merge.documents.get(part);
    if (document === undefined || route.protocol !== "http") continue;
    for (const [servicePath, item] of Object.entries(objectAt(document, "paths"))) {
      const publicPath = publicPathOf(route, servicePath);
      if (publicPath === undefined || !isObject(item)) continue;
      for (const method of methods) {
        const operation = item[method];
        if (!isObject(operation) || !reaches(merge.table, route, publicPath, method)) continue;
        for (const scheme of route.access.schemes) schemes.add(scheme);
        const target = (paths[publicPath] ??= {});
        if (item["parameters"] !== undefined) {
          target["parameters"] ??= components.adopt(part, item["parameters"]);
        }
        const adopted = components.adopt(part, operation) as JsonObject;
        target[method] = publicOperation(adopted, route, operationIds);
      }
    }
    for (const tag of listAt(document, "tags")) {
      const name = isObject(tag) ? tag["name"] : undefined;
      if (typeof name === "string" && !tags.has(name)) tags.set(name, tag);
    }
  }
  return {
    openapi: "3.1.0",
    info: { title: merge.title, version: merge.version },
    servers: [{ url: "/" }],
    paths: sorted(paths),
    components: {
      ...components.sections(),
      securitySchemes: Object.fromEntries(
        [...schemes].map((each) => [each, securitySchemes[each]]),
      ),
    },
    ...(tags.size > 0 ? { tags: usedTags(tags, paths) } : {}),
  };
}

/** The path under which clients reach a service's path through this route; undefined: they do not. */
export function publicPathOf(route: RoutePlan, servicePath: string): string | undefined {
  const pattern = segmentsOf(route.rewrite ?? route.path);
  const service = segmentsOf(servicePath);
  const bound = new Map<string, string>();
  let rest: readonly string[] = [];
  for (const [i, segment] of pattern.entries()) {
    if (segment === "*") {
      rest = service.slice(i);
      return substituted(route, bound, rest);
    }
    const actual = service[i];
    if (actual === undefined) return undefined;
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name !== undefined) bound.set(name, actual);
    else if (segment !== actual) return undefined;
  }
  return service.length === pattern.length ? substituted(route, bound, rest) : undefined;
}

function substituted(
  route: RoutePlan,
  bound: ReadonlyMap<string, string>,
  rest: readonly string[],
): string {
  const segments = segmentsOf(route.path).flatMap((segment) => {
    if (segment === "*") return rest;
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    return [name === undefined ? segment : (bound.get(name) ?? segment)];
  });
  return `/${segments.join("/")}`;
}

/** Whether the gateway would send this operation to this very route. */
function reaches(table: RouteTable, route: RoutePlan, publicPath: string, method: string): boolean {
  const path = publicPath.replaceAll(/\{[^}]*\}/g, "~");
  const host = route.host ?? "";
  const found = table.match({ host, path, method: method.toUpperCase(), protocol: "http" });
  return found !== undefined && isRouteMatch(found) && found.route === route;
}

function publicOperation(
  operation: JsonObject,
  route: RoutePlan,
  operationIds: Set<string>,
): JsonObject {
  const { schemes, scopes } = route.access;
  const { servers: _servers, security: _security, ...rest } = operation;
  const security = schemes.map((each) => ({ [each]: each === "jwt" ? scopes : [] }));
  const wanted = operation["operationId"];
  if (typeof wanted !== "string") return { ...rest, security };
  let operationId = wanted;
  for (let i = 2; operationIds.has(operationId); i++) {
    operationId =
      i === 2 ? `${route.target.part}_${wanted}` : `${route.target.part}_${wanted}_${i}`;
  }
  operationIds.add(operationId);
  return { ...rest, operationId, security };
}

function usedTags(
  tags: ReadonlyMap<string, Json>,
  paths: Readonly<Record<string, Readonly<Record<string, Json>>>>,
): readonly Json[] {
  const used = new Set<Json>();
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item)) {
      if (isObject(operation)) for (const tag of listAt(operation, "tags")) used.add(tag);
    }
  }
  return [...tags].flatMap(([name, tag]) => (used.has(name) ? [tag] : []));
}

/** GO2: takes over what is referred to, under names that are unique in the merged document. */
class Components {
  readonly #documents: ReadonlyMap<string, JsonObject>;
  readonly #sections = new Map<string, Map<string, Json>>();
  /** Original JSON of each name taken, to see whether another service's is the same. */
  readonly #originals = new Map<string, string>();
  readonly #names = new Map<string, string>();

  constructor(documents: ReadonlyMap<string, JsonObject>) {
    this.#documents = documents;
  }

  /** A copy of `value` whose references hold in the merged document. */
  adopt(part: string, value: Json): Json {
    if (Array.isArray(value)) return value.map((each: Json) => this.adopt(part, each));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => {
        if (key === "$ref" && typeof each === "string") return [key, this.#reference(part, each)];
        if (key === "mapping" && isObject(each)) {
          const mapped = Object.entries(each).map(([name, target]) => [
            name,
            typeof target === "string" ? this.#reference(part, target) : target,
          ]);
          return [key, Object.fromEntries(mapped) as JsonObject];
        }
        return [key, this.adopt(part, each)];
      }),
    );
  }

  sections(): JsonObject {
    const sections = [...this.#sections].map(([section, items]) => [
      section,
      sorted(Object.fromEntries(items)),
    ]);
    return sorted(Object.fromEntries(sections) as Record<string, Json>);
  }

  #reference(part: string, reference: string): string {
    const match = /^#\/components\/([^/]+)\/([^/]+)$/.exec(reference);
    const [, section, name] = match ?? [];
    if (section === undefined || name === undefined) return reference;
    return `#/components/${section}/${this.#adoptComponent(part, section, name)}`;
  }

  #adoptComponent(part: string, section: string, name: string): string {
    const id = `${part} ${section} ${name}`;
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const components = objectAt(this.#documents.get(part) ?? {}, "components");
    const component = objectAt(components, section)[name] ?? {};
    const original = JSON.stringify(component);
    const taken = this.#originals.get(`${section} ${name}`);
    const own = taken === undefined || taken === original ? name : `${part}_${name}`;
    this.#names.set(id, own); // Before its content, which may refer to itself.
    this.#originals.set(`${section} ${own}`, original);
    let items = this.#sections.get(section);
    if (items === undefined) {
      items = new Map();
      this.#sections.set(section, items);
    }
    items.set(own, this.adopt(part, component));
    return own;
  }
}

function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split("/");
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

function listAt(value: JsonObject, key: string): readonly Json[] {
  const found = value[key];
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
