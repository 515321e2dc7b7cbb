import type { CorsPlan } from "@ashlar/model";
import { expect, test } from "vitest";
import { echo, gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

const cors: CorsPlan = {
  origins: ["https://shop.example"],
  methods: ["GET", "PUT"],
  headers: ["content-type", "authorization"],
  exposedHeaders: ["etag"],
  credentials: true,
  maxAgeMs: 600_000,
};
const access = { schemes: ["apiKey"], roles: [], scopes: [] } as const;

test.for([
  [{ origins: ["*"] }, "cannot allow the origin"],
  [{ origins: ["*", "https://a.example"], credentials: false }, "stands alone"],
  [{ origins: ["https://shop.example/"] }, "is not an origin"],
  [{ headers: ["*"] }, 'cannot allow headers "*"'],
] as const)("GX1: %j is refused at start", async ([changes, reason]) => {
  const plan = gatewayPlan([routePlan({ path: "/*", cors: { ...cors, ...changes } })]);
  await expect(openTestGateway(plan, { service: "http://127.0.0.1:1" })).rejects.toThrow(reason);
});

test("GX1, GX2, GX3: preflights and answers say exactly what the plan permits", async () => {
  await using service = await Service.open((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    echo(request, response);
  });
  const plan = gatewayPlan([
    routePlan({ path: "/closed/*", cors, access, methods: ["GET", "PUT"] }),
    routePlan({ path: "/open/*", cors: { ...cors, origins: ["*"], credentials: false } }),
    routePlan({ path: "/plain" }),
  ]);
  await using gateway = await openTestGateway(plan, { service: service.url });
  const preflight = async (path: string, origin: string, method: string, headers = "") => {
    const answer = await fetch(gateway.url + path, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": method,
        ...(headers === "" ? {} : { "access-control-request-headers": headers }),
      },
    });
    await answer.text();
    return answer;
  };
  const good = await preflight("/closed/x", "https://shop.example", "PUT", "Content-Type");
  expect(good.status, "without credentials: it comes before them").toBe(204);
  expect(good.headers.get("access-control-allow-origin")).toBe("https://shop.example");
  expect(good.headers.get("access-control-allow-credentials")).toBe("true");
  expect(good.headers.get("access-control-allow-methods")).toBe("GET, PUT");
  expect(good.headers.get("access-control-allow-headers")).toBe("content-type");
  expect(good.headers.get("access-control-max-age")).toBe("600");
  expect(good.headers.get("vary")).toContain("Origin");
  for (const refused of [
    await preflight("/closed/x", "https://evil.example", "PUT"),
    await preflight("/closed/x", "null", "PUT"),
    await preflight("/closed/x", "https://shop.example", "DELETE"),
    await preflight("/closed/x", "https://shop.example", "PUT", "x-other"),
    await preflight("/plain", "https://shop.example", "GET"),
  ]) {
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  }
  const open = await fetch(`${gateway.url}/open/x`, { headers: { origin: "https://any.example" } });
  expect(open.headers.get("access-control-allow-origin")).toBe("*");
  expect(open.headers.get("access-control-allow-credentials")).toBeNull();
  expect(open.headers.get("vary")).toBeNull();
  const refused = await fetch(`${gateway.url}/closed/x`, {
    headers: { origin: "https://shop.example" },
  });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("access-control-allow-origin"), "a page may read why").toBe(
    "https://shop.example",
  );
  expect(service.requests).toBe(1);
});
