import type { HttpMethod, RoutePlan } from "@ashlar/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isRouteMatch, RouteTable } from "../src/route-table.ts";
import { routePlan } from "./fixture.ts";

function route(path: string, changes: Partial<RoutePlan> = {}): RoutePlan {
  return routePlan({ path, name: `${changes.host ?? ""}${path}`, ...changes });
}

function ask(table: RouteTable, path: string, method = "GET", host = "a.example"): string {
  const found = table.match({ host, path, method, protocol: "http" });
  if (found === undefined) return "404";
  return isRouteMatch(found)
    ? `${found.route.name} → ${found.upstreamPath}`
    : `405 ${found.allow.join()}`;
}

test("GR1: parameters match one segment, a rest matches any", () => {
  const table = new RouteTable([
    route("/users/*"),
    route("/orders/{id}"),
    route("/orders/{id}/items"),
  ]);
  expect(ask(table, "/users")).toBe("/users/* → /users");
  expect(ask(table, "/users/")).toBe("/users/* → /users/");
  expect(ask(table, "/users/7/x")).toBe("/users/* → /users/7/x");
  expect(ask(table, "/usersx")).toBe("404");
  expect(ask(table, "/orders/7")).toBe("/orders/{id} → /orders/7");
  expect(ask(table, "/orders/")).toBe("404");
  expect(ask(table, "/orders/7/items")).toBe("/orders/{id}/items → /orders/7/items");
});

test("GR2: the most specific pattern wins, and a host before none", () => {
  const table = new RouteTable([
    route("/*"),
    route("/users/{id}"),
    route("/users/me"),
    route("/users/me", { host: "b.example" }),
  ]);
  expect(ask(table, "/users/me")).toBe("/users/me → /users/me");
  expect(ask(table, "/users/7")).toBe("/users/{id} → /users/7");
  expect(ask(table, "/users/7/x")).toBe("/* → /users/7/x");
  expect(ask(table, "/users/me", "GET", "b.example")).toBe("b.example/users/me → /users/me");
  expect(ask(table, "/users/7", "GET", "b.example")).toBe("/users/{id} → /users/7");
});

test("GR3: a wrong method is 405 with what is allowed, and never falls through", () => {
  const table = new RouteTable([
    route("/*"),
    route("/admin/*", { methods: ["GET", "PUT"], name: "read" }),
    route("/admin/*", { methods: ["DELETE"], name: "remove" }),
  ]);
  expect(ask(table, "/admin/x", "POST")).toBe("405 GET,HEAD,PUT,DELETE");
  expect(ask(table, "/admin/x", "HEAD")).toBe("read → /admin/x");
  expect(ask(table, "/admin/x", "DELETE")).toBe("remove → /admin/x");
  expect(ask(table, "/x", "TRACE")).toMatch(/^405/);
});

test("GR1: rewrites put together what was matched", () => {
  const table = new RouteTable([
    route("/api/users/{id}/*", { rewrite: "/v2/people/{id}/*" }),
    route("/api/all/*", { rewrite: "/*" }),
    route("/api/x/{a}/{b}", { rewrite: "/{b}/{a}.json" }),
    route("/api/one", { rewrite: "/" }),
  ]);
  expect(ask(table, "/api/users/7/orders/9")).toContain("→ /v2/people/7/orders/9");
  expect(ask(table, "/api/users/7")).toContain("→ /v2/people/7");
  expect(ask(table, "/api/all")).toContain("→ /");
  expect(ask(table, "/api/all/a/b")).toContain("→ /a/b");
  expect(ask(table, "/api/x/1/2")).toContain("→ /2/1.json");
  expect(ask(table, "/api/one")).toContain("→ /");
});

test.for([
  [[route("/a/{x}"), route("/a/{y}")], "matches the same requests"],
  [[route("/a"), route("/a", { methods: ["GET"] })], "matches the same requests"],
  [[route("/a/*/b")], "/* may only end a path"],
  [[route("a")], "must begin with /"],
  [[route("/a/x{id}")], "mixes a pattern with text"],
  [[route("/a", { rewrite: "/{id}" })], "uses {id}"],
  [[route("/a", { rewrite: "/*" })], "uses * and the path has none"],
] as const)("GR4: bad tables are refused, case %#", ([routes, reason]) => {
  expect(() => new RouteTable(routes)).toThrow(reason);
});

/** The specification again, without any cleverness: try all, rank by segment. */
function reference(routes: readonly RoutePlan[], path: string): string | undefined {
  const segments = path.slice(1).split("/");
  const rank = (pattern: string): string | undefined => {
    const parts = pattern.slice(1).split("/");
    let score = "";
    for (const [i, part] of parts.entries()) {
      if (part === "*") return `${score}0`;
      const segment = segments[i];
      if (segment === undefined) return undefined;
      if (part.startsWith("{")) {
        if (segment === "") return undefined;
        score += "2";
      } else if (part === segment) score += "3";
      else return undefined;
    }
    return parts.length === segments.length ? `${score}1` : undefined;
  };
  return routes
    .map((each) => ({ path: each.path, score: rank(each.path) }))
    .filter((each) => each.score !== undefined)
    .sort((a, b) => ((a.score ?? "") < (b.score ?? "") ? 1 : -1))[0]?.path;
}

test("GR1, GR2: the tree agrees with a naive reference on any table and path", () => {
  const part = fc.constantFrom("a", "b", "c");
  const pattern = fc
    .tuple(fc.array(fc.oneof(part, fc.constant("{p}")), { maxLength: 4 }), fc.boolean())
    .map(
      ([parts, rest]) => `/${[...parts, ...(rest || parts.length === 0 ? ["*"] : [])].join("/")}`,
    );
  const path = fc
    .array(fc.oneof(part, fc.constant("d")), { minLength: 1, maxLength: 5 })
    .chain((parts) => fc.boolean().map((slash) => `/${parts.join("/")}${slash ? "/" : ""}`));
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 10 }), path, (patterns, asked) => {
      const routes = patterns.map((each) => route(each));
      const found = new RouteTable(routes).match({
        host: "",
        path: asked,
        method: "GET" satisfies HttpMethod,
        protocol: "http",
      });
      const got = found !== undefined && isRouteMatch(found) ? found.route.path : undefined;
      expect(got).toBe(reference(routes, asked));
    }),
    { numRuns: 3_000 },
  );
});
