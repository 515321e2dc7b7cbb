import type { RoutePlan } from "@ashlar/model";
import { expect, test } from "vitest";
import { type JsonObject, mergeOpenApi, publicPathOf } from "../src/open-api-merge.ts";
import { RouteTable } from "../src/route-table.ts";
import { gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

test.for([
  ["/api/*", "/*", "/users/{id}", "/api/users/{id}"],
  ["/api/users/*", "/users/*", "/users", "/api/users"],
  ["/api/users/*", null, "/api/users/{id}", "/api/users/{id}"],
  ["/api/users/*", null, "/users/{id}", undefined],
  ["/u/{id}", "/users/{id}", "/users/{userId}", "/u/{userId}"],
  ["/u/{id}", "/users/{id}", "/users/{userId}/orders", undefined],
  ["/u/{id}/*", "/users/{id}/*", "/users/{u}/orders/{o}", "/u/{u}/orders/{o}"],
] as const)("GO1: through %s → %s the path %s is %s", ([path, rewrite, service, expected]) => {
  expect(publicPathOf(routePlan({ path, rewrite }), service)).toBe(expected);
});

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const answering = (schema: JsonObject): JsonObject => ({
  "200": { description: "ok", content: { "application/json": { schema } } },
});

const users: JsonObject = {
  openapi: "3.1.0",
  info: { title: "users", version: "1" },
  servers: [{ url: "http://users.internal" }],
  tags: [{ name: "people", description: "People." }, { name: "unused" }],
  paths: {
    "/users": {
      get: {
        operationId: "list",
        tags: ["people"],
        responses: answering({ type: "array", items: ref("User") }),
      },
      post: { operationId: "create", security: [], responses: answering(ref("User")) },
    },
    "/internal/purge": { post: { operationId: "purge", responses: answering(ref("Secret")) } },
  },
  components: {
    schemas: {
      User: { type: "object", properties: { friend: ref("User"), problem: ref("Problem") } },
      Problem: { type: "object" },
      Secret: { type: "string" },
    },
  },
};
const orders: JsonObject = {
  ...users,
  paths: {
    "/orders/{id}": {
      get: { operationId: "list", responses: answering({ oneOf: [ref("User"), ref("Problem")] }) },
    },
  },
  components: { schemas: { User: { type: "string" }, Problem: { type: "object" } } },
};

const routes: readonly RoutePlan[] = [
  routePlan({
    path: "/api/users",
    name: "list",
    rewrite: "/users",
    methods: ["GET"],
    target: { part: "users", port: "http" },
  }),
  routePlan({
    path: "/api/users",
    name: "create",
    rewrite: "/users",
    methods: ["POST"],
    target: { part: "users", port: "http" },
    access: { schemes: ["jwt"], roles: [], scopes: ["users:write"] },
  }),
  routePlan({
    path: "/api/orders/*",
    rewrite: "/orders/*",
    target: { part: "orders", port: "http" },
  }),
];

interface Merged {
  readonly paths: Record<string, Record<string, JsonObject>>;
  readonly components: Record<string, JsonObject>;
  readonly tags: unknown;
}

test("GO1, GO2: exactly what is reached, with its security; components told apart or shared", () => {
  const merged = mergeOpenApi({
    title: "Shop",
    version: "2",
    routes,
    table: new RouteTable(routes),
    documents: new Map([
      ["users", users],
      ["orders", orders],
    ]),
  }) as unknown as Merged;
  expect(Object.keys(merged.paths)).toEqual(["/api/orders/{id}", "/api/users"]);
  expect(merged.paths["/api/users"]).toMatchObject({
    get: { operationId: "list", security: [] },
    post: { operationId: "create", security: [{ jwt: ["users:write"] }] },
  });
  expect(merged.paths["/api/orders/{id}"]?.["get"]).toMatchObject({
    operationId: "orders_list",
    responses: answering({ oneOf: [ref("orders_User"), ref("Problem")] }),
  });
  expect(Object.keys(merged.components["schemas"] ?? {})).toEqual([
    "Problem",
    "User",
    "orders_User",
  ]);
  expect(merged.components["securitySchemes"]).toEqual({
    jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  });
  expect(merged.tags).toEqual([{ name: "people", description: "People." }]);
  expect(JSON.stringify(merged)).not.toMatch(/internal|purge|Secret/);
});

test("GO3: fetched when asked for; a service that is away keeps what was known of it", async () => {
  const open = (document: JsonObject): Promise<Service> =>
    Service.open((request, response) => {
      if (request.url === "/openapi.json") response.end(JSON.stringify(document));
      else response.writeHead(404).end();
    });
  await using first = await open(users);
  const second = await open(orders);
  const openapi = { path: "/openapi.json", title: "Shop", version: "2" };
  const plan = gatewayPlan([...routes], { openapi });
  const issuers = [
    {
      name: "p",
      issuer: "https://p.example",
      audiences: ["a"],
      algorithms: ["EdDSA" as const],
      jwks: { from: "part" as const, part: "users", port: "http", path: "/jwks" },
      rolesClaim: "roles",
      scopesClaim: "scope",
      clockToleranceMs: 0,
    },
  ];
  await using gateway = await openTestGateway(
    { ...plan, issuers },
    { users: first.url, orders: second.url },
  );
  expect(first.requests).toBe(0);
  const answer = await fetch(`${gateway.url}/openapi.json`);
  const document = (await answer.json()) as { paths: object };
  expect(Object.keys(document.paths)).toHaveLength(2);
  expect(answer.headers.get("x-openapi-stale")).toBeNull();
  await second[Symbol.asyncDispose]();
  const again = await fetch(`${gateway.url}/openapi.json`);
  expect(again.headers.get("etag")).toBe(answer.headers.get("etag"));
  await again.text();
  const post = await fetch(`${gateway.url}/openapi.json`, { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("GO3: while no service gives its document the answer is 502, not an empty document", async () => {
  const plan = gatewayPlan([routePlan({ path: "/*" })], {
    openapi: { path: "/openapi.json", title: "Shop", version: "2" },
  });
  await using gateway = await openTestGateway(plan, { service: "http://127.0.0.1:1" });
  const answer = await fetch(`${gateway.url}/openapi.json`);
  expect([answer.status, await answer.json()]).toMatchObject([
    502,
    { code: "UPSTREAM_UNREACHABLE" },
  ]);
});
